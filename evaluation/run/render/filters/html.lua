-- How a page is drawn in HTML. A file of this kind for each format (typst, docx) has the same functions.

local page = require 'page'

local html = {}

local function escape(s)
  return (s:gsub('&', '&amp;'):gsub('<', '&lt;'):gsub('>', '&gt;'):gsub('"', '&quot;'))
end

local function raw(s) return pandoc.RawBlock('html', s) end

local function wrapped(open, content, close)
  local blocks = pandoc.Blocks({ raw(open) })
  blocks:extend(content)
  blocks:insert(raw(close))
  return blocks
end

local function written(blocks, wrap)
  local options = { html_math_method = 'mathml', wrap_text = wrap }
  return (pandoc.write(pandoc.Pandoc(blocks), { format = 'html', extensions = {} }, options):gsub('%s+$', ''))
end

-- text for a place outside the page: contents, title, footer
function html.inlines(inlines)
  return written({ pandoc.Plain(inlines) }, 'none')
end

local function caption(prefix, content)
  local body = type(content) == 'string' and content or html.inlines(content)
  return '<span class="label">' .. escape(prefix) .. ':</span> ' .. body
end

-- callout: kind, label, title or nil, collapse or nil, appearance, content
function html.callout(box)
  local prefix = box.title and ('<span class="visually-hidden">' .. escape(box.label) .. ': </span>') or ''
  local heading = prefix .. escape(box.title or box.label)
  local look = box.appearance ~= 'default' and ' callout-' .. box.appearance or ''
  local class = 'class="callout callout-' .. box.kind .. look .. '"'
  if not box.collapse then
    local open = '<aside ' .. class .. ' role="note"><p class="callout-title">' .. heading .. '</p><div class="callout-body">'
    return wrapped(open, box.content, '</div></aside>')
  end
  local state = box.collapse == 'false' and ' open' or ''
  local open = '<details ' .. class .. state .. '><summary>' .. heading .. '</summary><div class="callout-body">'
  return wrapped(open, box.content, '</div></details>')
end

-- tabset: id, group or nil, tabs = { title, blocks }
function html.tabset(set)
  local blocks, list = pandoc.Blocks({}), {}
  for i, tab in ipairs(set.tabs) do
    local id, title = set.id .. '-' .. i, html.inlines(tab.title)
    table.insert(list, '<button type="button" role="tab" id="' .. id .. '-tab" aria-controls="' .. id .. '" aria-selected="'
      .. tostring(i == 1) .. '"' .. (i > 1 and ' tabindex="-1"' or '') .. '>' .. title .. '</button>')
    local open = '<div class="tab" role="tabpanel" tabindex="0" id="' .. id .. '" aria-labelledby="' .. id .. '-tab">'
    blocks:extend(wrapped(open .. '<p class="tab-title">' .. title .. '</p>', tab.blocks, '</div>'))
  end
  local group = set.group and ' data-group="' .. escape(set.group) .. '"' or ''
  return wrapped('<div class="tabset"' .. group .. '><div class="tabs" role="tablist" hidden>' .. table.concat(list) .. '</div>', blocks, '</div>')
end

local function subfigure(part)
  local id = part.id and ' id="' .. part.id .. '"' or ''
  local words = part.letter and '<span class="label">(' .. part.letter .. ')</span> ' .. html.inlines(part.caption)
  local close = (words and '<figcaption>' .. words .. '</figcaption>' or '') .. '</figure>'
  return wrapped('<figure' .. id .. ' class="subfigure">', part.content, close)
end

-- layout: columns, cells = list of blocks
function html.layout(given)
  local blocks = pandoc.Blocks({})
  for _, cell in ipairs(given.cells) do blocks:extend(wrapped('<div>', cell, '</div>')) end
  return wrapped('<div class="columns" style="--columns: ' .. given.columns .. '">', blocks, '</div>')
end

-- figure: id and prefix or neither, caption, content, align or nil, columns, parts = { id or nil, letter or nil, caption, content }
function html.figure(fig)
  local class = (fig.id and 'numbered' or '') .. (fig.align and ' align-' .. fig.align or '')
  local open = '<figure' .. (fig.id and ' id="' .. fig.id .. '"' or '') .. (class ~= '' and ' class="' .. class:gsub('^ ', '') .. '"' or '') .. '>'
  local words = fig.id and caption(fig.prefix, fig.caption) or html.inlines(fig.caption)
  local close = (fig.id or #fig.caption > 0) and '<figcaption>' .. words .. '</figcaption></figure>' or '</figure>'
  local content = pandoc.Blocks(fig.content)
  if #fig.parts > 0 then
    content:insert(raw('<div class="columns" style="--columns: ' .. fig.columns .. '">'))
    for _, part in ipairs(fig.parts) do content:extend(subfigure(part)) end
    content:insert(raw('</div>'))
  end
  return wrapped(open, content, close)
end

-- folded code: code, summary, is_open
function html.folded_code(given)
  local state = given.is_open and ' open' or ''
  return wrapped('<details class="code"' .. state .. '><summary>' .. escape(given.summary) .. '</summary>', { given.code }, '</details>')
end

local function with_caption(text, id, words)
  local tag = '<caption id="' .. id .. '-caption">' .. words .. '</caption>'
  local start, stop = text:find('<caption[^>]*>.-</caption>')
  if start then return text:sub(1, start - 1) .. tag .. text:sub(stop + 1) end
  _, stop = text:find('<table[^>]*>')
  return text:sub(1, stop) .. tag .. text:sub(stop + 1)
end

-- numbered table: id, prefix, caption (inlines, or HTML of a table in plain HTML), table
function html.numbered_table(given)
  local block = given.table
  local text = block.t == 'Table' and written({ block }) or block.text
  local frame = '<div class="table-frame" role="region" tabindex="0" aria-labelledby="' .. given.id .. '-caption">'
  return pandoc.Blocks({ raw(frame .. with_caption(text, given.id, caption(given.prefix, given.caption)) .. '</div>') })
end

function html.table_div(id, blocks)
  return wrapped('<div id="' .. id .. '" class="numbered">', blocks, '</div>')
end

local function frame()
  return '<div class="table-frame" role="group" tabindex="0" aria-label="' .. escape(page.words.table_region) .. '">'
end

function html.plain_table(el)
  return wrapped(frame(), { el }, '</div>')
end

-- equation: id, number, math
function html.equation(eq)
  return wrapped('<div id="' .. eq.id .. '" class="equation">', { pandoc.Plain({ eq.math }) },
    '<span class="equation-number">(' .. eq.number .. ')</span></div>')
end

function html.numbered_heading(el, number)
  el.content:insert(1, pandoc.Space())
  el.content:insert(1, pandoc.Span({ pandoc.Str(number) }, pandoc.Attr('', { 'section-number' })))
  return el
end

-- a table in plain HTML scrolls in its own frame, never the page; pandoc may have cut it into pieces
local function framed_tables(blocks)
  local out, depth = pandoc.Blocks({}), 0
  for _, block in ipairs(blocks) do
    local text = block.t == 'RawBlock' and block.format:match('^html') and not block.text:find('table%-frame') and block.text or ''
    local _, opened = text:gsub('<table[%s>]', '')
    local _, closed = text:gsub('</table>', '')
    if depth == 0 and opened > 0 then out:insert(raw(frame())) end
    out:insert(block)
    local before = depth
    depth = math.max(depth + opened - closed, 0)
    if depth == 0 and (before > 0 or opened > 0) then out:insert(raw('</div>')) end
  end
  return out
end

-- a formula wider than the page scrolls in its own frame
local function framed_formula(el)
  if el.mathtype ~= 'DisplayMath' then return nil end
  local open = '<span class="formula" role="group" tabindex="0" aria-label="' .. escape(page.words.eq) .. '">'
  return { pandoc.RawInline('html', open), el, pandoc.RawInline('html', '</span>') }
end

-- what is done first: nothing, plain HTML stays
function html.begin(doc) return doc end

-- what is done last, once everything is drawn
function html.complete(doc)
  return doc:walk({ Blocks = framed_tables, Math = framed_formula })
end

return html
