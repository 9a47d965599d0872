-- Numbers of figures, tables, equations and sections, and the references to them.

local page = require 'page'
local callouts = require 'callouts'
local equations = require 'equations'
local figures = require 'figures'
local tables = require 'tables'

local crossref = {}
local counters = { fig = 0, tbl = 0, eq = 0 }
local section = { 0, 0, 0, 0, 0, 0 }
local cited = {}                 -- ids of works that a bibliography knows

local function label(id, kind, text)
  if page.labels[id] then return page.defect('duplicate-id', id) end
  page.labels[id] = { kind = kind, number = text }
end

local function number(id, kind)
  counters[kind] = counters[kind] + 1
  label(id, kind, tostring(counters[kind]))
end

local function number_panel(el)
  -- parts of a figure: 1 (a), 1 (b)
  number(el.identifier, 'fig')
  for _, part in ipairs(figures.parts(el)) do
    if part.id then label(part.id, 'fig', counters.fig .. ' (' .. part.letter .. ')') end
  end
end

local function section_number(el)
  if not page.numbered or el.level < 2 or el.classes:includes('unnumbered') then return '' end
  section[el.level] = section[el.level] + 1
  for i = el.level + 1, 6 do section[i] = 0 end
  local parts = {}
  for i = 2, el.level do table.insert(parts, tostring(section[i])) end
  return table.concat(parts, '.')
end

local function title_only(h)
  -- a heading of a box or tab is its title, no section
  h.classes:insert('unnumbered')
  h.classes:insert('unlisted')
  return h
end

crossref.collect = {
  traverse = 'topdown',
  Div = function(el)
    local kind = page.kind_of(el.identifier)
    if kind == 'fig' then number_panel(el) elseif kind == 'tbl' then number(el.identifier, kind) end
    if kind == 'fig' or kind == 'tbl' then return el, false end
    if callouts.kind(el) or el.classes:includes('panel-tabset') then return el:walk({ Header = title_only }) end
  end,
  Figure = function(el)
    local id = figures.id(el)
    if id then number(id, 'fig') end
    return el, false
  end,
  Table = function(el)
    local id = tables.id(el)
    if id then number(id, 'tbl') end
    return el, false
  end,
  Para = function(el)
    local id, figure = equations.id(el), figures.lone_id(el)
    if id then number(id, 'eq') end
    if figure then number(figure, 'fig') end
  end,
  Header = function(el)
    local id = el.identifier
    page.sections[id] = section_number(el)
    page.titles[id] = pandoc.utils.stringify(el.content)
    if page.kind_of(id) == 'sec' then page.labels[id] = { kind = 'sec', number = page.sections[id] } end
  end,
}

-- the list of what is cited stands at the end, where the page has no place for it
function crossref.read_works(doc)
  local works, placed = pandoc.utils.references(doc), false
  for _, work in ipairs(works) do cited[work.id] = true end
  doc:walk({ Div = function(el) placed = placed or el.identifier == 'refs' end })
  if #works > 0 and not placed then
    doc.blocks:insert(pandoc.Header(2, page.words.references, pandoc.Attr('references', { 'unnumbered' })))
    doc.blocks:insert(pandoc.Div({}, pandoc.Attr('refs')))
  end
  return doc
end

local function lowered(id) return (id:gsub('^%u', string.lower)) end

local function is_citation(cite)
  -- of works; what no bibliography knows is a defect
  local works = cite.citations:filter(function(c) return not page.kind_of(lowered(c.id)) end)
  for _, work in ipairs(works) do
    if not cited[work.id] then page.defect('unknown-citation', work.id) end
  end
  return #works > 0
end

local function words_for(citation, id, label)
  -- a section without a number is named by its heading
  local text = label.number ~= '' and label.number or page.words.open .. page.titles[id] .. page.words.close
  if citation.mode == 'SuppressAuthor' then return text end
  local word = #citation.prefix > 0 and pandoc.utils.stringify(citation.prefix) or page.words[label.kind]
  return word .. ' ' .. text
end

function crossref.reference(cite)
  if is_citation(cite) then return nil end
  local out = pandoc.Inlines({})
  for i, citation in ipairs(cite.citations) do
    local id = lowered(citation.id)
    local label = page.labels[id]
    if not label then
      page.defect('unresolved-reference', citation.id)
      return {}
    end
    if i > 1 then out:extend({ pandoc.Str(','), pandoc.Space() }) end
    out:insert(pandoc.Link(words_for(citation, id, label), '#' .. id, '', pandoc.Attr('', { 'cross-reference' })))
    out:extend(citation.suffix)
  end
  return out
end

return crossref
