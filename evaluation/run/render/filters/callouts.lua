-- Boxes: ::: {.callout-note title="…" collapse="true"}

local page = require 'page'
local draw = require(page.format)

local CALLOUTS = { note = true, tip = true, important = true, warning = true, caution = true }
local callouts = {}

function callouts.kind(el)
  for _, class in ipairs(el.classes) do
    local kind = class:match('^callout%-(.+)$')
    if kind then return kind end
  end
end

function callouts.blocks(el, kind)
  if not CALLOUTS[kind] then
    page.defect('unknown-callout', kind)
    return {}
  end
  local title, content = el.attributes.title, el.content
  if not title and content[1] and content[1].t == 'Header' then
    title = pandoc.utils.stringify(content[1])
    content = pandoc.Blocks({ table.unpack(content, 2) })
  end
  return draw.callout({
    kind = kind,
    label = page.words['callout-' .. kind],
    title = title,
    collapse = el.attributes.collapse,
    appearance = el.attributes.appearance or 'default',
    content = page.drawn(content),
  })
end

return callouts
