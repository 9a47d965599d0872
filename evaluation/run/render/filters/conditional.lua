-- Content that is shown or hidden by format or profile.

local page = require 'page'

local ALSO = { html = { ['html:js'] = true }, typst = { pdf = true } }

local function is_format(name)
  return name == page.format or (ALSO[page.format] or {})[name] == true
end

local function is_shown(el)
  local visible, hidden = el.classes:includes('content-visible'), el.classes:includes('content-hidden')
  if not visible and not hidden then return nil end
  local holds = true
  for key, value in pairs(el.attributes) do
    if key == 'when-format' then holds = holds and is_format(value)
    elseif key == 'unless-format' then holds = holds and not is_format(value)
    elseif key == 'when-profile' then holds = holds and page.words.profile == value
    elseif key == 'unless-profile' then holds = holds and page.words.profile ~= value
    else page.defect('unknown-condition', key) end
  end
  return visible == holds
end

local function conditional(el)
  local shown = is_shown(el)
  if shown == nil then return nil end
  return shown and el.content or {}
end

return { Div = conditional, Span = conditional }
