-- Links, pictures and quotation marks; the short texts around the page, which are written in Markdown too.

local page = require 'page'
local draw = require(page.format)

local links = {}

local function is_elsewhere(target) return target:match('^%a[%w+.-]*:') ~= nil end

function links.Link(el)
  table.insert(page.found.links, el.target)
  local path, rest = el.target:match('^([^#?]*)(.*)$')
  if not is_elsewhere(el.target) then
    el.target = path:gsub('%.qmd$', '.html'):gsub('%.ipynb$', '.html') .. rest
    if el.classes:includes('download') then el.target, el.attributes.download = path .. rest, '' end
  end
  return el
end

function links.Image(el)
  local alt = el.attributes['fig-alt'] or el.attributes.alt
  if not alt and #el.caption > 0 then alt = pandoc.utils.stringify(el.caption) end
  if not alt or alt == '' then page.defect('no-alt', el.src) end
  el.attributes['fig-alt'] = nil
  el.attributes.alt = nil
  el.attributes['fig-align'] = nil
  el.caption = { pandoc.Str(alt or '') }
  el.title = ''
  table.insert(page.found.images, el.src)
  return el
end

-- quotation marks of the language
function links.Quoted(el)
  local double, words = el.quotetype == 'DoubleQuote', page.words
  local out = pandoc.Inlines({ pandoc.Str(double and words.open or words.inner_open) })
  out:extend(el.content)
  out:insert(pandoc.Str(double and words.close or words.inner_close))
  return out
end

local function footer_link(el)
  if not is_elsewhere(el.target) then el.target = page.words.base .. el.target end
  return links.Link(el)
end

function links.fragments(meta)
  local out = {}
  for name, value in pairs(meta.fragments or {}) do
    local inlines = pandoc.utils.type(value) == 'Inlines' and value or pandoc.utils.blocks_to_inlines(value)
    inlines = pandoc.Inlines(inlines):walk({ Quoted = links.Quoted, Link = name == 'footer' and footer_link or nil })
    out[name] = { html = draw.inlines(inlines), plain = pandoc.utils.stringify(inlines) }
  end
  return out
end

return links
