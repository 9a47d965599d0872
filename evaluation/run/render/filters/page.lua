-- What all parts share while one page is converted: the words and options given, and what was found.

local page = {
  format = FORMAT:match('^%a+'),   -- html, typst, docx: the file of this name draws
  words = {},                      -- words of the language and options, as the caller gave them
  numbered = false,                -- whether headings have numbers
  labels = {},                     -- id -> { kind, number } of what can be referred to
  titles = {},                     -- id of a heading -> its text
  sections = {},                   -- id of a heading -> its number
  truths = {},                     -- keys of the metadata that are true, for when-meta
  found = { headings = {}, links = {}, images = {}, used = {}, defects = {} },
}

local KINDS = { fig = true, tbl = true, eq = true, sec = true }

function page.begin(meta)
  for key, value in pairs(meta.words or {}) do page.words[key] = pandoc.utils.stringify(value) end
  page.numbered = page.words.numbered == 'true'
  for key in (page.words.truths or ''):gmatch('%S+') do page.truths[key] = true end
end

function page.defect(code, what)
  table.insert(page.found.defects, { code = code, what = what })
end

-- the kind that an id such as fig-trend names, or nil
function page.kind_of(id)
  local kind = id and id:match('^(%a+)%-')
  return KINDS[kind] and kind or nil
end

-- "Figure 1"
function page.prefix(id)
  local label = page.labels[id]
  return page.words[label.kind] .. ' ' .. label.number
end

-- set by quarto.lua: blocks, each drawn, for what draws its own content
page.drawn = nil

function page.inlines_of(caption)
  return pandoc.utils.blocks_to_inlines(caption.long)
end

-- what was found goes to the caller, into the file that it named
function page.report()
  local file = assert(io.open(page.words.report, 'w'))
  file:write(pandoc.json.encode(page.found))
  file:close()
end

return page
