-- Equations with a number: $$ … $$ {#eq-…}

local page = require 'page'
local draw = require(page.format)

local equations = {}

function equations.id(el)
  if #el.content < 2 or el.content[1].t ~= 'Math' or el.content[1].mathtype ~= 'DisplayMath' then return nil end
  local last = el.content[#el.content]
  return last.t == 'Str' and last.text:match('^{#(eq%-[%w_-]+)}$') or nil
end

function equations.from_paragraph(el)
  local id = equations.id(el)
  if not id then return nil end
  return draw.equation({ id = id, number = page.labels[id].number, math = el.content[1] })
end

return equations
