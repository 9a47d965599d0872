-- Quarto's extensions of pandoc's Markdown: callouts, tabsets, conditional content, cross-references.
-- What is found on the page (headings, links, images, ids, defects) goes to the caller as one JSON comment.

local words, numbered = {}, false
local found = { headings = {}, links = {}, images = {}, defects = {} }
local labels = {}                -- id -> { kind, number }
local counters = { fig = 0, tbl = 0, eq = 0, sec = 0 }
local section = { 0, 0, 0, 0, 0, 0 }
local tabsets = 0
local cited = {}                 -- ids of cited works that a bibliography knows
local titles = {}                -- id of a heading -> its text
local page_title                 -- a first heading of level one, where the metadata name no title

local KINDS = { fig = true, tbl = true, eq = true, sec = true }
local CALLOUTS = { note = true, tip = true, important = true, warning = true, caution = true }

local function defect(code, what)
  table.insert(found.defects, { code = code, what = what })
end

local function escape(s)
  return (s:gsub('&', '&amp;'):gsub('<', '&lt;'):gsub('>', '&gt;'):gsub('"', '&quot;'))
end

local function html(s) return pandoc.RawBlock('html', s) end

local function inlines_to_html(inlines)
  local doc = pandoc.Pandoc({ pandoc.Plain(inlines) })
  return (pandoc.write(doc, { format = 'html', extensions = {} }, { html_math_method = 'mathml', wrap_text = 'none' }):gsub('%s+$', ''))
end

local function kind_of(id)
  local kind = id and id:match('^(%a+)%-')
  return KINDS[kind] and kind or nil
end

-- conditional content ------------------------------------------------------------------------------

local function is_shown(el)
  local visible, hidden = el.classes:includes('content-visible'), el.classes:includes('content-hidden')
  if not visible and not hidden then return nil end
  local holds = true
  for key, value in pairs(el.attributes) do
    if key == 'when-format' then holds = holds and (value == 'html' or value == 'html:js')
    elseif key == 'unless-format' then holds = holds and value ~= 'html' and value ~= 'html:js'
    elseif key == 'when-profile' then holds = holds and words.profile == value
    elseif key == 'unless-profile' then holds = holds and words.profile ~= value
    else defect('unknown-condition', key) end
  end
  return visible == holds
end

local function conditional(el)
  local shown = is_shown(el)
  if shown == nil then return nil end
  return shown and el.content or {}
end

-- callouts and tabsets -----------------------------------------------------------------------------

local function callout_kind(el)
  for _, class in ipairs(el.classes) do
    local kind = class:match('^callout%-(.+)$')
    if kind then return kind end
  end
end

local function callout(el, kind)
  if not CALLOUTS[kind] then
    defect('unknown-callout', kind)
    return {}
  end
  local title, content = el.attributes.title, el.content
  if not title and content[1] and content[1].t == 'Header' then
    title = pandoc.utils.stringify(content[1])
    content = pandoc.Blocks({ table.unpack(content, 2) })
  end
  local label = words['callout-' .. kind]
  local shown = title and escape(title) or escape(label)
  local prefix = title and ('<span class="visually-hidden">' .. escape(label) .. ': </span>') or ''
  local class = 'callout callout-' .. kind
  local open, close
  if el.attributes.collapse then
    local state = el.attributes.collapse == 'false' and ' open' or ''
    open = '<details class="' .. class .. '"' .. state .. '><summary>' .. prefix .. shown .. '</summary><div class="callout-body">'
    close = '</div></details>'
  else
    open = '<aside class="' .. class .. '" role="note"><p class="callout-title">' .. prefix .. shown .. '</p><div class="callout-body">'
    close = '</div></aside>'
  end
  local blocks = pandoc.Blocks({ html(open) })
  blocks:extend(content)
  blocks:insert(html(close))
  return blocks
end

local function split_tabs(content)
  local tabs, level = {}, nil
  for _, block in ipairs(content) do
    if block.t == 'Header' and (not level or block.level == level) then
      level = block.level
      table.insert(tabs, { title = block, blocks = pandoc.Blocks({}) })
    elseif #tabs > 0 then
      tabs[#tabs].blocks:insert(block)
    end
  end
  return tabs
end

local function tabset(el)
  local tabs = split_tabs(el.content)
  if #tabs == 0 then
    defect('empty-tabset', 'panel-tabset')
    return {}
  end
  tabsets = tabsets + 1
  local base = 'tabset-' .. tabsets
  local blocks, list = pandoc.Blocks({}), {}
  for i, tab in ipairs(tabs) do
    local id = base .. '-' .. i
    table.insert(list, '<button type="button" role="tab" id="' .. id .. '-tab" aria-controls="' .. id .. '" aria-selected="'
      .. tostring(i == 1) .. '"' .. (i > 1 and ' tabindex="-1"' or '') .. '>' .. inlines_to_html(tab.title.content) .. '</button>')
  end
  blocks:insert(html('<div class="tabset"><div class="tabs" role="tablist" hidden>' .. table.concat(list) .. '</div>'))
  for i, tab in ipairs(tabs) do
    local id = base .. '-' .. i
    blocks:insert(html('<section class="tab" role="tabpanel" tabindex="0" id="' .. id .. '" aria-labelledby="' .. id .. '-tab">'
      .. '<p class="tab-title">' .. inlines_to_html(tab.title.content) .. '</p>'))
    blocks:extend(tab.blocks)
    blocks:insert(html('</section>'))
  end
  blocks:insert(html('</div>'))
  return blocks
end

-- numbers of figures, tables, equations, sections -----------------------------------------------------

local function number(id, kind)
  if labels[id] then
    defect('duplicate-id', id)
    return labels[id].number
  end
  counters[kind] = counters[kind] + 1
  labels[id] = { kind = kind, number = tostring(counters[kind]) }
  return labels[id].number
end

local function caption_prefix(id, kind)
  return words[kind] .. ' ' .. labels[id].number
end

local function figure_id(el)
  -- the id of a numbered figure stands on the figure or on its image
  if kind_of(el.identifier) == 'fig' then return el.identifier end
  local id
  el:walk({ Image = function(image) if kind_of(image.identifier) == 'fig' then id = image.identifier end end })
  return id
end

local function table_id(el)
  if kind_of(el.identifier) == 'tbl' then return el.identifier end
  local inlines = pandoc.utils.blocks_to_inlines(el.caption.long)
  local last = inlines[#inlines]
  return last and last.t == 'Str' and last.text:match('^{#(tbl%-[%w_-]+)}$') or nil
end

local function equation_id(el)
  if #el.content < 2 or el.content[1].t ~= 'Math' or el.content[1].mathtype ~= 'DisplayMath' then return nil end
  local last = el.content[#el.content]
  return last.t == 'Str' and last.text:match('^{#(eq%-[%w_-]+)}$') or nil
end

local function lone_figure(el)
  -- an image with an id and no caption is a paragraph for pandoc
  local only = #el.content == 1 and el.content[1].t == 'Image' and el.content[1].identifier or nil
  return kind_of(only) == 'fig' and only or nil
end

local function section_number(el)
  if not numbered or el.level < 2 or el.classes:includes('unnumbered') then return '' end
  section[el.level] = section[el.level] + 1
  for i = el.level + 1, 6 do section[i] = 0 end
  local parts = {}
  for i = 2, el.level do table.insert(parts, tostring(section[i])) end
  return table.concat(parts, '.')
end

local sections = {}              -- id of a heading -> its number

local collect = {
  traverse = 'topdown',
  Div = function(el)
    local kind = kind_of(el.identifier)
    if kind == 'fig' or kind == 'tbl' then
      number(el.identifier, kind)
      return el, false
    end
    if callout_kind(el) or el.classes:includes('panel-tabset') then
      -- headings in there are titles, not sections
      return el:walk({ Header = function(h) h.classes:insert('unnumbered') h.classes:insert('unlisted') return h end })
    end
  end,
  Figure = function(el)
    local id = figure_id(el)
    if id then number(id, 'fig') end
    return el, false
  end,
  Table = function(el)
    local id = table_id(el)
    if id then number(id, 'tbl') end
    return el, false
  end,
  Para = function(el)
    local id, figure = equation_id(el), lone_figure(el)
    if id then number(id, 'eq') end
    if figure then number(figure, 'fig') end
  end,
  Header = function(el)
    sections[el.identifier] = section_number(el)
    titles[el.identifier] = pandoc.utils.stringify(el.content)
    if kind_of(el.identifier) == 'sec' then labels[el.identifier] = { kind = 'sec', number = sections[el.identifier] } end
  end,
}

local function caption_html(id, kind, inlines)
  local prefix = caption_prefix(id, kind)
  local body = inlines and #inlines > 0 and inlines_to_html(inlines) or ''
  if body == '' then defect('no-caption', id) end
  return '<span class="label">' .. escape(prefix) .. ':</span> ' .. body
end

local function last_paragraph(content)
  local last = content[#content]
  if last and (last.t == 'Para' or last.t == 'Plain') then
    local only_image = #last.content == 1 and last.content[1].t == 'Image'
    if not only_image then
      return last.content, pandoc.Blocks({ table.unpack(content, 1, #content - 1) })
    end
  end
  return nil, content
end

local function unwrap_figures(content)
  -- inside a figure div the images are plain pictures, the div is the figure
  return content:walk({ Figure = function(f) return f.content end })
end

local function figure_div(el)
  local inlines, content = last_paragraph(el.content)
  if not inlines then
    for _, block in ipairs(content) do
      if block.t == 'Figure' and #block.caption.long > 0 then
        inlines = pandoc.utils.blocks_to_inlines(block.caption.long)
      end
    end
  end
  local alt = el.attributes['fig-alt']
  content = unwrap_figures(content):walk({
    Image = function(image)
      if alt and not image.attributes['fig-alt'] then image.attributes['fig-alt'] = alt end
      return image
    end,
  })
  local blocks = pandoc.Blocks({ html('<figure id="' .. el.identifier .. '" class="numbered">') })
  blocks:extend(content)
  blocks:insert(html('<figcaption>' .. caption_html(el.identifier, 'fig', inlines) .. '</figcaption></figure>'))
  return blocks
end

local function figure(el)
  local id = figure_id(el)
  local caption = pandoc.utils.blocks_to_inlines(el.caption.long)
  local content = el.content:walk({ Image = function(image) image.identifier = '' return image end })
  if id then
    local div = pandoc.Div(content, pandoc.Attr(id))
    div.content:insert(pandoc.Para(caption))
    return figure_div(div)
  end
  local blocks = pandoc.Blocks({ html('<figure>') })
  blocks:extend(content)
  if #caption > 0 then blocks:insert(html('<figcaption>' .. inlines_to_html(caption) .. '</figcaption>')) end
  blocks:insert(html('</figure>'))
  return blocks
end

local function with_caption(text, caption, id)
  local tag = '<caption id="' .. id .. '-caption">' .. caption .. '</caption>'
  local own = text:match('<caption[^>]*>.-</caption>')
  if own then
    local start, stop = text:find('<caption[^>]*>.-</caption>')
    return text:sub(1, start - 1) .. tag .. text:sub(stop + 1)
  end
  local start, stop = text:find('<table[^>]*>')
  if not start then return nil end
  return text:sub(1, stop) .. tag .. text:sub(stop + 1)
end

local function frame(id, label)
  return '<div class="table-frame" role="region" tabindex="0" aria-labelledby="' .. id .. '-caption">'
end

local function table_div(el)
  local id = el.identifier
  local inlines, content = last_paragraph(el.content)
  local blocks, done = pandoc.Blocks({}), false
  blocks:insert(html('<div id="' .. id .. '" class="numbered">'))
  for _, block in ipairs(content) do
    if not done and block.t == 'RawBlock' and block.text:find('<table') then
      local own = block.text:match('<caption[^>]*>(.-)</caption>')
      local caption = (not inlines and own) and ('<span class="label">' .. escape(caption_prefix(id, 'tbl')) .. ':</span> ' .. own)
        or caption_html(id, 'tbl', inlines)
      blocks:insert(html(frame(id) .. with_caption(block.text, caption, id) .. '</div>'))
      done = true
    elseif not done and block.t == 'Table' then
      inlines = inlines or pandoc.utils.blocks_to_inlines(block.caption.long)
      block.caption.long = {}
      local text = pandoc.write(pandoc.Pandoc({ block }), 'html', { html_math_method = 'mathml' })
      blocks:insert(html(frame(id) .. with_caption(text, caption_html(id, 'tbl', inlines), id) .. '</div>'))
      done = true
    else
      blocks:insert(block)
    end
  end
  if not done then defect('no-table', id) end
  blocks:insert(html('</div>'))
  return blocks
end

local function framed()
  return '<div class="table-frame" role="group" tabindex="0" aria-label="' .. escape(words.table_region) .. '">'
end

local function plain_table(el)
  local id = table_id(el)
  if id then
    local inlines = pandoc.utils.blocks_to_inlines(el.caption.long)
    if inlines[#inlines].t == 'Str' and inlines[#inlines].text:match('^{#tbl') then
      inlines:remove(#inlines)
      if inlines[#inlines] and inlines[#inlines].t == 'Space' then inlines:remove(#inlines) end
    end
    el.identifier = ''
    el.caption.long = {}
    return table_div(pandoc.Div({ el, pandoc.Para(inlines) }, pandoc.Attr(id)))
  end
  return { html(framed()), el, html('</div>') }
end

local function raw_tables(blocks)
  -- a table in plain HTML scrolls in its own frame, never the page; pandoc may have cut it into pieces
  local out, depth = pandoc.Blocks({}), 0
  for _, block in ipairs(blocks) do
    local raw = block.t == 'RawBlock' and block.format:match('^html') and not block.text:find('table%-frame') and block.text
    local _, opened = (raw or ''):gsub('<table[%s>]', '')
    local _, closed = (raw or ''):gsub('</table>', '')
    if depth == 0 and opened > 0 then out:insert(html(framed())) end
    out:insert(block)
    local before = depth
    depth = math.max(depth + opened - closed, 0)
    if depth == 0 and (before > 0 or opened > 0) then out:insert(html('</div>')) end
  end
  return out
end

local function equation(el)
  local lone = lone_figure(el)
  if lone then
    el.content[1].identifier = ''
    return figure_div(pandoc.Div({ el }, pandoc.Attr(lone)))
  end
  local id = equation_id(el)
  if not id then return nil end
  return { html('<div id="' .. id .. '" class="equation">'), pandoc.Plain({ el.content[1] }),
    html('<span class="equation-number">(' .. labels[id].number .. ')</span></div>') }
end

local function formula(el)
  -- a formula wider than the page scrolls in its own frame
  if el.mathtype ~= 'DisplayMath' then return nil end
  local open = '<span class="formula" role="group" tabindex="0" aria-label="' .. escape(words.eq) .. '">'
  return { pandoc.RawInline('html', open), el, pandoc.RawInline('html', '</span>') }
end

local function header(el)
  local prefix = sections[el.identifier] or ''
  if el.level > 1 and not el.classes:includes('unlisted') then
    local text = el.content:walk({ Link = function(l) return l.content end, Note = function() return {} end })
    table.insert(found.headings, { level = el.level, id = el.identifier, html = inlines_to_html(text), number = prefix })
  end
  if prefix ~= '' then
    el.content:insert(1, pandoc.Space())
    el.content:insert(1, pandoc.Span({ pandoc.Str(prefix) }, pandoc.Attr('', { 'section-number' })))
  end
  return el
end

local function is_citation(cite)
  -- of works; what no bibliography knows is a defect
  local works = cite.citations:filter(function(c) return not kind_of((c.id:gsub('^%u', string.lower))) end)
  for _, work in ipairs(works) do
    if not cited[work.id] then defect('unknown-citation', work.id) end
  end
  return #works > 0
end

local function reference(cite)
  if is_citation(cite) then return nil end
  local out = pandoc.Inlines({})
  for i, citation in ipairs(cite.citations) do
    local id = citation.id:gsub('^%u', string.lower)
    local kind = kind_of(id)
    local label = labels[id]
    if not label then
      defect('unresolved-reference', citation.id)
      return {}
    end
    if i > 1 then out:extend({ pandoc.Str(','), pandoc.Space() }) end
    -- a section without a number is named by its heading
    local text = label.number ~= '' and label.number or words.open .. titles[id] .. words.close
    local word = #citation.prefix > 0 and pandoc.utils.stringify(citation.prefix) or words[kind]
    if citation.mode ~= 'SuppressAuthor' then text = word .. ' ' .. text end
    out:insert(pandoc.Link(text, '#' .. id, '', pandoc.Attr('', { 'cross-reference' })))
    out:extend(citation.suffix)
  end
  return out
end

local function image(el)
  local alt = el.attributes['fig-alt'] or el.attributes.alt
  if not alt and #el.caption > 0 then alt = pandoc.utils.stringify(el.caption) end
  if not alt or alt == '' then defect('no-alt', el.src) end
  el.attributes['fig-alt'] = nil
  el.attributes.alt = nil
  el.caption = { pandoc.Str(alt or '') }
  el.title = ''
  table.insert(found.images, el.src)
  return el
end

local function link(el)
  table.insert(found.links, el.target)
  local path, rest = el.target:match('^([^#?]*)(.*)$')
  if not el.target:match('^%a[%w+.-]*:') then
    el.target = path:gsub('%.qmd$', '.html'):gsub('%.ipynb$', '.html') .. rest
    if el.classes:includes('download') then el.target, el.attributes.download = path .. rest, '' end
  end
  return el
end

local function quoted(el)
  -- quotation marks of the language
  local double = el.quotetype == 'DoubleQuote'
  local out = pandoc.Inlines({ pandoc.Str(double and words.open or words.inner_open) })
  out:extend(el.content)
  out:insert(pandoc.Str(double and words.close or words.inner_close))
  return out
end

local function below_the_title(doc)
  -- the page has one heading of the first level: its title
  local first = doc.blocks[1]
  if words.titled ~= 'true' and first and first.t == 'Header' and first.level == 1 then
    page_title = pandoc.utils.stringify(first.content)
    doc.blocks:remove(1)
  end
  local highest = 9
  doc:walk({ Header = function(h) highest = math.min(highest, h.level) end })
  if highest > 1 then return doc end
  return doc:walk({ Header = function(h) h.level = math.min(h.level + 1, 6) return h end })
end

local function fragments(meta)
  -- short texts around the page that are written in Markdown too
  local out = {}
  for name, value in pairs(meta.fragments or {}) do
    local inlines = pandoc.utils.type(value) == 'Inlines' and value or pandoc.utils.blocks_to_inlines(value)
    inlines = pandoc.Inlines(inlines):walk({ Quoted = quoted, Link = name == 'footer' and function(el)
      if not el.target:match('^%a[%w+.-]*:') then el.target = words.base .. el.target end
      return link(el)
    end or nil })
    out[name] = { html = inlines_to_html(inlines), plain = pandoc.utils.stringify(inlines) }
  end
  return out
end

-- the order in which it happens --------------------------------------------------------------------------

local divs = {
  traverse = 'topdown',
  Div = function(el)
    local kind = callout_kind(el)
    if kind then return callout(el, kind) end
    if el.classes:includes('panel-tabset') then return tabset(el) end
    if kind_of(el.identifier) == 'fig' then return figure_div(el), false end
    if kind_of(el.identifier) == 'tbl' then return table_div(el), false end
  end,
  Figure = function(el) return figure(el), false end,
  Table = function(el) return plain_table(el), false end,
  Para = equation,
  Header = header,
}

function Pandoc(doc)
  words = {}
  for key, value in pairs(doc.meta.words or {}) do words[key] = pandoc.utils.stringify(value) end
  numbered = words.numbered == 'true'
  doc = below_the_title(doc:walk({ Div = conditional, Span = conditional }))
  for _, work in ipairs(pandoc.utils.references(doc)) do cited[work.id] = true end
  doc = doc:walk(collect)
  doc = doc:walk({ Cite = reference, Link = link, Quoted = quoted })
  doc = doc:walk(divs):walk({ Blocks = raw_tables, Math = formula })
  found.title = page_title
  found.fragments = fragments(doc.meta)
  doc = doc:walk({ Image = image })
  doc.blocks:insert(html('<!--found:' .. pandoc.json.encode(found):gsub('%-%-', '\\u002d\\u002d') .. '-->'))
  return doc
end
