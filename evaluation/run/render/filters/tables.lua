-- Tables: of pandoc, or in plain HTML; with a number in a div, or with {#tbl-…} at the end of the caption.

local page = require 'page'
local draw = require(page.format)
local figures = require 'figures'

local tables = {}
local MARK = '^{#(tbl%-[%w_-]+)}$'

function tables.id(el)
  if page.kind_of(el.identifier) == 'tbl' then return el.identifier end
  local inlines = page.inlines_of(el.caption)
  local last = inlines[#inlines]
  return last and last.t == 'Str' and last.text:match(MARK) or nil
end

function tables.is_raw(block)
  return block.t == 'RawBlock' and block.format:match('^html') and block.text:find('<table')
end

local function numbered(id, block, caption)
  if block.t == 'Table' then
    caption = caption or page.inlines_of(block.caption)
    block.caption.long = {}
  else
    -- the caption of plain HTML stays HTML
    caption = caption or block.text:match('<caption[^>]*>(.-)</caption>')
  end
  if not caption or #caption == 0 then page.defect('no-caption', id) end
  return draw.numbered_table({ id = id, prefix = page.prefix(id), caption = caption or pandoc.Inlines({}), table = block })
end

function tables.from_div(el)
  local caption, content = figures.split_caption(el.content)
  if el.attributes['tbl-cap'] then
    caption, content = pandoc.utils.blocks_to_inlines(pandoc.read(el.attributes['tbl-cap'], 'markdown').blocks), el.content
  end
  local blocks, done = pandoc.Blocks({}), false
  for _, block in ipairs(content) do
    if not done and (tables.is_raw(block) or block.t == 'Table') then
      blocks:extend(numbered(el.identifier, block, caption))
      done = true
    else
      blocks:extend(page.drawn(pandoc.Blocks({ block })))
    end
  end
  if not done then page.defect('no-table', el.identifier) end
  return draw.table_div(el.identifier, blocks)
end

local function without_mark(caption)
  local last = caption[#caption]
  if last and last.t == 'Str' and last.text:match(MARK) then
    caption:remove(#caption)
    if caption[#caption] and caption[#caption].t == 'Space' then caption:remove(#caption) end
  end
  return caption
end

function tables.from_table(el)
  local id = tables.id(el)
  if not id then return draw.plain_table(el) end
  local caption = without_mark(page.inlines_of(el.caption))
  el.identifier = ''
  el.caption.long = {}
  return tables.from_div(pandoc.Div({ el, pandoc.Para(caption) }, pandoc.Attr(id)))
end

return tables
