-- Headings: the title of the page, numbers, and the table of contents.

local page = require 'page'
local draw = require(page.format)

local headings = {}

-- the page has one heading of the first level: its title
function headings.below_the_title(doc)
  local first = doc.blocks[1]
  if page.words.titled ~= 'true' and first and first.t == 'Header' and first.level == 1 then
    page.found.title = pandoc.utils.stringify(first.content)
    doc.blocks:remove(1)
  end
  local highest = 9
  doc:walk({ Header = function(h) highest = math.min(highest, h.level) end })
  if highest > 1 then return doc end
  return doc:walk({ Header = function(h) h.level = math.min(h.level + 1, 6) return h end })
end

function headings.Header(el)
  local number = page.sections[el.identifier] or ''
  if el.level > 1 and not el.classes:includes('unlisted') then
    local text = el.content:walk({ Link = function(l) return l.content end, Note = function() return {} end })
    table.insert(page.found.headings, { level = el.level, id = el.identifier, html = draw.inlines(text), number = number })
  end
  return number ~= '' and draw.numbered_heading(el, number) or el
end

return headings
