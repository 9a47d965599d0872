-- How a page is drawn for Word: styles of the reference document (render/word.py), no boxes or fields of text.

local page = require 'page'
local markup = require 'markup'

local docx = {}

local function styled(style, blocks, id)
  return pandoc.Div(blocks, pandoc.Attr(id or '', {}, { ['custom-style'] = style }))
end

local function run(inside) return pandoc.RawInline('openxml', '<w:r>' .. inside .. '</w:r>') end

-- texts around the page are written by the caller
function docx.inlines(inlines) return pandoc.utils.stringify(inlines) end

function docx.begin(doc)
  return doc:walk({ Blocks = markup.Blocks, RawInline = markup.RawInline })
end

function docx.callout(box)
  local title = box.title and box.label .. ': ' .. box.title or box.label
  return pandoc.Blocks({
    styled('Callout Title', { pandoc.Para({ pandoc.Str(title) }) }),
    styled('Callout', box.content),
  })
end

-- tabs stand one below the other, each with its title; titles are no headings
function docx.tabset(set)
  local blocks = pandoc.Blocks({})
  for _, tab in ipairs(set.tabs) do
    blocks:insert(styled('Tab Title', { pandoc.Para(tab.title) }))
    blocks:extend(tab.blocks)
  end
  return blocks
end

local function caption(style, given)
  local words = pandoc.Inlines({})
  local mark = given.mark or given.prefix and given.prefix .. ':'
  if mark then
    words:insert(pandoc.Strong({ pandoc.Str(mark) }))
    words:insert(pandoc.Space())
  end
  words:extend(given.caption)
  return styled(style, { pandoc.Para(words) })
end

local function subfigure(part)
  local blocks = pandoc.Blocks({ styled('Captioned Figure', part.content) })
  local prefix = part.letter and '(' .. part.letter .. ')'
  if prefix then blocks:insert(caption('Image Caption', { mark = prefix, caption = part.caption })) end
  return pandoc.Div(blocks, pandoc.Attr(part.id or ''))
end

-- parts of a figure stand one below the other
function docx.figure(fig)
  local blocks = pandoc.Blocks({})
  if #fig.content > 0 then blocks:insert(styled('Captioned Figure', fig.content)) end
  for _, part in ipairs(fig.parts) do blocks:insert(subfigure(part)) end
  if #fig.caption > 0 then blocks:insert(caption('Image Caption', fig)) end
  return pandoc.Blocks({ pandoc.Div(blocks, pandoc.Attr(fig.id or '')) })
end

function docx.layout(given)
  local blocks = pandoc.Blocks({})
  for _, cell in ipairs(given.cells) do blocks:extend(cell) end
  return blocks
end

function docx.numbered_table(given)
  return pandoc.Blocks({ caption('Table Caption', given), given.table })
end

function docx.table_div(id, blocks) return pandoc.Blocks({ pandoc.Div(blocks, pandoc.Attr(id)) }) end

function docx.plain_table(el)
  local words = page.inlines_of(el.caption)
  if #words == 0 then return { el } end
  el.caption.long = {}
  return docx.numbered_table({ caption = words, table = el })
end

-- number at the end of the line: the style has the tab stops
function docx.equation(eq)
  eq.math.mathtype = 'InlineMath'
  local inlines = { run('<w:tab/>'), eq.math, run('<w:tab/>'), pandoc.Str('(' .. eq.number .. ')') }
  return pandoc.Blocks({ styled('Equation', { pandoc.Para(inlines) }, eq.id) })
end

function docx.numbered_heading(el, number)
  el.content:insert(1, pandoc.Str(number .. '\u{2002}'))
  return el
end

-- what is done last, once pictures have their texts ----------------------------------------------------------

local function picture(el)
  local file = page.words['picture:' .. el.src]
  if not el.attributes.width then el.attributes.width = page.words['width:' .. el.src] end
  if file then el.src = file end
  return el
end

local function heading(el)
  el.level = math.max(el.level - tonumber(page.words.shift), 1)
  return el
end

local function span(el)
  if el.classes:includes('page-break') then return run('<w:br w:type="page"/>') end
end

local BOXES = { lead = 'Lead', summary = 'Tab Title', ['table-note'] = 'Table Note' }

local function box(el)
  for name, style in pairs(BOXES) do
    if el.classes:includes(name) then return styled(style, el.content) end
  end
end

function docx.complete(doc)
  return doc:walk({ Image = picture, Link = markup.Link, Span = span, Header = heading, Div = box })
end

return docx
