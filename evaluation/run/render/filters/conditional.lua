-- Content that is shown or hidden by format, profile, or a key of the metadata.

local page = require 'page'

local ALSO = { html = { ['html:js'] = true }, typst = { pdf = true } }
local FORMATS = { html = true, ['html:js'] = true, pdf = true, typst = true, docx = true, latex = true, epub = true }

local function is_format(name)
  if not FORMATS[name] then page.defect('unknown-format', name) end
  return name == page.format or (ALSO[page.format] or {})[name] == true
end

local function is_true(key)
  table.insert(page.found.used, key)
  return page.truths[key] == true
end

local CONDITIONS = {
  format = is_format,
  profile = function(name) return page.words.profile == name end,
  meta = is_true,
}

local function is_shown(el)
  local visible, hidden = el.classes:includes('content-visible'), el.classes:includes('content-hidden')
  if not visible and not hidden then return nil end
  local holds = true
  for key, value in pairs(el.attributes) do
    local when, about = key:match('^(%a+)%-(%a+)$')
    local test = CONDITIONS[about]
    if test and (when == 'when' or when == 'unless') then
      if test(value) ~= (when == 'when') then holds = false end
    else
      page.defect('unknown-condition', key)
    end
  end
  return visible == holds
end

local function conditional(el)
  local shown = is_shown(el)
  if shown == nil then return nil end
  return shown and el.content or {}
end

return { Div = conditional, Span = conditional }
