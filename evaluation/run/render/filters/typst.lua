-- How a page is drawn in Typst. The functions called here stand in report.typ.

local page = require 'page'
local markup = require 'markup'

local typst = {}
local WIDEST = 10                -- columns of a table on an upright page
local LINE = 90                  -- letters in a line of a table
local FAIR = 26                  -- letters of a long text in a cell before it may be broken

local function raw(s) return pandoc.RawBlock('typst', s) end

local function wrapped(open, content, close)
  local blocks = pandoc.Blocks({ raw(open) })
  blocks:extend(content)
  blocks:insert(raw(close))
  return blocks
end

-- pieces of the text that are still to be drawn (pictures, formulas) stay elements until the end
local function framed(open, inlines, close)
  local plain = pandoc.Inlines({ pandoc.RawInline('typst', open) })
  plain:extend(inlines)
  plain:insert(pandoc.RawInline('typst', close))
  return pandoc.Plain(plain)
end

local function quoted(s)
  return '"' .. s:gsub('\\', '\\\\'):gsub('"', '\\"'):gsub('\n', ' ') .. '"'
end

local function label(id) return ' #label(' .. quoted(page.words.prefix .. id) .. ')' end

-- texts around the page are written by the caller
function typst.inlines(inlines) return pandoc.utils.stringify(inlines) end

function typst.begin(doc)
  return doc:walk({ Blocks = markup.Blocks, RawInline = markup.RawInline })
end

function typst.callout(box)
  local title = box.title and box.label .. ': ' .. box.title or box.label
  return wrapped('#callout(' .. quoted(box.kind) .. ', ' .. quoted(title) .. ')[', box.content, ']')
end

-- tabs stand one below the other, each with its title; titles are no headings
function typst.tabset(set)
  local blocks = pandoc.Blocks({})
  for _, tab in ipairs(set.tabs) do
    blocks:insert(framed('#tab-title[', tab.title, ']'))
    blocks:extend(tab.blocks)
  end
  return blocks
end

local function captioned(call, given, content)
  local blocks = pandoc.Blocks({})
  local mark = given.mark or given.prefix and given.prefix .. ':'
  local open = '#' .. call .. '(' .. (mark and quoted(mark) or 'none') .. ', ['
  blocks:insert(framed(open, given.caption, '])['))
  blocks:extend(content)
  blocks:insert(raw(']' .. (given.id and label(given.id) or '')))
  return blocks
end

local function cells_in(columns, cells)
  local blocks = pandoc.Blocks({ raw('#columns-of(' .. columns .. ')[') })
  for i, cell in ipairs(cells) do
    if i > 1 then blocks:insert(raw('][')) end
    blocks:extend(cell)
  end
  blocks:insert(raw(']'))
  return blocks
end

local function subfigure(part)
  local words = part.letter and '(' .. part.letter .. ')' or nil
  return captioned('subfigure', { id = part.id, mark = words, caption = part.caption }, part.content)
end

function typst.figure(fig)
  local content = pandoc.Blocks(fig.content)
  if #fig.parts > 0 then content:extend(cells_in(fig.columns, fig.parts:map(subfigure))) end
  return captioned('picture-figure', fig, content)
end

-- layout: columns, cells = list of blocks
function typst.layout(given) return cells_in(given.columns, given.cells) end

function typst.numbered_table(given) return captioned('table-figure', given, { given.table }) end

function typst.table_div(_, blocks) return blocks end

function typst.plain_table(el)
  local caption = page.inlines_of(el.caption)
  if #caption == 0 then return { el } end
  el.caption.long = {}
  return captioned('table-figure', { caption = caption }, { el })
end

local function formula(math, more)
  local text = pandoc.write(pandoc.Pandoc({ pandoc.Plain({ math }) }), 'typst'):gsub('%s+$', '')
  local display = math.mathtype == 'DisplayMath'
  return '#math.equation(block: ' .. tostring(display) .. ', alt: ' .. quoted(markup.spoken(math)) .. (more or '') .. ', ' .. text .. ')'
end

function typst.equation(eq)
  return pandoc.Blocks({ raw(formula(eq.math, ', numbering: _ => ' .. quoted('(' .. eq.number .. ')')) .. label(eq.id)) })
end

function typst.numbered_heading(el, number)
  el.content:insert(1, pandoc.Str(number .. '\u{2002}'))
  return el
end

-- tables ----------------------------------------------------------------------------------------------------

local BETWEEN = '//cell//'

-- the text of all cells, written at once
local function texts_of(rows)
  local blocks = pandoc.Blocks({})
  for _, row in ipairs(rows) do
    for _, cell in ipairs(row.cells) do
      blocks:extend(cell.contents)
      blocks:insert(raw(BETWEEN))
    end
  end
  local texts = {}
  local written = pandoc.write(pandoc.Pandoc(blocks), 'typst-citations', { wrap_text = 'none' })
  for text in written:gmatch('(.-)' .. BETWEEN) do table.insert(texts, (text:gsub('^%s+', ''):gsub('%s+$', ''))) end
  return texts
end

local function cell_text(cell, text)
  local options = {}
  if cell.col_span > 1 then table.insert(options, 'colspan: ' .. cell.col_span) end
  if cell.row_span > 1 then table.insert(options, 'rowspan: ' .. cell.row_span) end
  if cell.alignment == 'AlignRight' then table.insert(options, 'align: right') end
  if cell.alignment == 'AlignCenter' then table.insert(options, 'align: center') end
  return #options > 0 and 'table.cell(' .. table.concat(options, ', ') .. ')[' .. text .. ']' or '[' .. text .. ']'
end

local function rows_text(rows, is_head)
  local texts, lines, at = texts_of(rows), {}, 0
  for _, row in ipairs(rows) do
    local cells = {}
    for _, cell in ipairs(row.cells) do
      at = at + 1
      table.insert(cells, cell_text(cell, is_head and '#strong[' .. texts[at] .. ']' or texts[at]))
    end
    table.insert(lines, '  ' .. table.concat(cells, ', ') .. ',\n')
  end
  return table.concat(lines)
end

local function head_text(rows)
  return #rows > 0 and 'table.header(' .. rows_text(rows, true) .. '),\n' or ''
end

local ALIGN = { AlignLeft = 'left', AlignRight = 'right', AlignCenter = 'center', AlignDefault = 'left' }

local function rows_of(el)
  local rows = pandoc.List({})
  for _, part in ipairs(el.bodies) do
    rows:extend(part.head)
    rows:extend(part.body)
  end
  rows:extend(el.foot.rows)
  return rows
end

local function longest(text, pattern)
  local most = 0
  for piece in text:gmatch(pattern) do most = math.max(most, utf8.len(piece) or #piece) end
  return most
end

local function text_of(cell)
  return pandoc.utils.stringify(pandoc.Div(cell.contents:walk({ LineBreak = function() return pandoc.Str('\n') end })))
end

-- letters that each column needs: whole numbers and words, of longer texts a line of fair length
local function measured(el)
  local need, natural, spans = {}, {}, false
  for j in ipairs(el.colspecs) do need[j], natural[j] = 3, 3 end
  local function take(rows, pattern, most)
    for _, row in ipairs(rows) do
      for j, cell in ipairs(row.cells) do
        local text = text_of(cell)
        spans = spans or cell.col_span > 1 or cell.row_span > 1
        local whole = longest(text, '[^\n]+')
        natural[j] = math.max(natural[j] or 0, whole)
        need[j] = math.max(need[j] or 0, math.min(whole, most), longest(text, pattern))
      end
    end
  end
  take(el.head.rows, '[^%s]+', FAIR // 2)
  take(rows_of(el), '[^%s]+', FAIR)
  return need, natural, spans
end

local function sum(list)
  local total = 0
  for _, value in ipairs(list) do total = total + value end
  return total
end

local function columns_of(el)
  local need, natural, spans = measured(el)
  if spans or sum(natural) + 3 * #natural < LINE then return '(auto,) * ' .. #el.colspecs, sum(natural) end
  local parts = {}
  for _, value in ipairs(need) do table.insert(parts, value + 2 .. 'fr') end
  return '(' .. table.concat(parts, ', ') .. ',)', sum(need)
end

function typst.Table(el)
  local aligns = {}
  for _, spec in ipairs(el.colspecs) do table.insert(aligns, ALIGN[spec[1]]) end
  local columns, letters = columns_of(el)
  return raw('#data-table(' .. columns .. ', ' .. letters .. ', (' .. table.concat(aligns, ', ') .. ',),\n'
    .. head_text(el.head.rows) .. rows_text(rows_of(el)) .. ')')
end

-- what is done last, once pictures have their texts ----------------------------------------------------------

local function width_of(el)
  local width = el.attributes.width
  if not width then return '' end
  local pixels = width:match('^([%d.]+)px$') or width:match('^([%d.]+)$')
  return ', width: ' .. (pixels and pixels * 0.75 .. 'pt' or width)
end

local function picture(el)
  local file = page.words['picture:' .. el.src] or el.src
  local alt = pandoc.utils.stringify(el.caption)
  return pandoc.RawInline('typst', '#picture(' .. quoted(file) .. ', ' .. quoted(alt) .. width_of(el) .. ')')
end

local function span(el)
  if el.classes:includes('page-break') then return pandoc.RawInline('typst', '#pagebreak(weak: true)') end
  if el.classes:includes('small') then
    return { pandoc.RawInline('typst', '#text(size: 0.85em)['), el, pandoc.RawInline('typst', ']') }
  end
end

-- relative to where the page stands within a report
local function heading(el)
  local depth = math.max(el.level - tonumber(page.words.shift), 1)
  local listed = el.classes:includes('unlisted') and ', outlined: false' or ''
  return framed('#heading(depth: ' .. depth .. listed .. ')[', el.content, ']' .. label(el.identifier))
end

local function link(el)
  local inside = markup.Link(el)
  if inside then return inside end
  if el.target:match('^#') then el.target = '#' .. page.words.prefix .. el.target:sub(2) end
  return el
end

local BOXES = { 'lead', 'summary', 'table-note' }

local function box(el)
  for _, name in ipairs(BOXES) do
    if el.classes:includes(name) then return wrapped('#' .. name .. '[', el.content, ']') end
  end
end

-- a page is turned for a table that is wider than it; the frame of its caption goes along
local function turned(blocks)
  local out = pandoc.Blocks({})
  local is_captioned = false
  for i, block in ipairs(blocks) do
    local after = blocks[i + 1]
    if after and after.t == 'Table' and #after.colspecs > WIDEST then
      is_captioned = block.t == 'Plain' and block.content[1].text:find('^#table%-figure') ~= nil
      if is_captioned then out:insert(raw('#page(flipped: true)[')) end
    end
    out:insert(block)
    local before = blocks[i - 1]
    if is_captioned and before and before.t == 'Table' then
      out:insert(raw(']'))
      is_captioned = false
    end
  end
  return out
end

function typst.complete(doc)
  doc.blocks = turned(doc.blocks)
  return doc
    :walk({ Image = picture, Math = function(m) return pandoc.RawInline('typst', formula(m)) end })
    :walk({ Link = link, Span = span, Header = heading, Div = box })
    :walk({ Table = typst.Table })
end

return typst
