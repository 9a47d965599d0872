-- Figures: an image with a caption, or a div with an id that begins with fig-.

local page = require 'page'
local draw = require(page.format)

local figures = {}

-- the id of a numbered figure stands on the figure or on its image
function figures.id(el)
  if page.kind_of(el.identifier) == 'fig' then return el.identifier end
  local id
  el:walk({ Image = function(image) if page.kind_of(image.identifier) == 'fig' then id = image.identifier end end })
  return id
end

-- an image with an id and no caption is a paragraph for pandoc
function figures.lone_id(el)
  local only = #el.content == 1 and el.content[1].t == 'Image' and el.content[1].identifier or nil
  return page.kind_of(only) == 'fig' and only or nil
end

-- the last paragraph of a block is its caption, if it is words
function figures.split_caption(content)
  local last = content[#content]
  if last and (last.t == 'Para' or last.t == 'Plain') then
    local only_image = #last.content == 1 and last.content[1].t == 'Image'
    if not only_image then
      return last.content, pandoc.Blocks({ table.unpack(content, 1, #content - 1) })
    end
  end
  return nil, content
end

local function is_pictures(block)
  if block.t ~= 'Para' and block.t ~= 'Plain' then return false end
  local pictures = 0
  for _, inline in ipairs(block.content) do
    if inline.t == 'Image' then pictures = pictures + 1
    elseif inline.t ~= 'Space' and inline.t ~= 'SoftBreak' and inline.t ~= 'LineBreak' then return false end
  end
  return pictures > 0
end

local function part_of_image(image)
  local id, caption = image.identifier, image.caption:clone()
  image.identifier = ''
  return { id = id ~= '' and id or nil, caption = caption, content = pandoc.Blocks({ pandoc.Plain({ image }) }) }
end

local function caption_of(el, content)
  local given = el.attributes['fig-cap']
  if given then return pandoc.utils.blocks_to_inlines(pandoc.read(given, 'markdown').blocks), content end
  return figures.split_caption(content)
end

local function pieces(block)
  -- the pictures that a block consists of, or nil
  if block.t == 'Figure' then
    local part
    block:walk({ Image = function(image) part = part_of_image(image) end })
    part.id, part.caption = figures.id(block), page.inlines_of(block.caption)
    return { part }
  elseif is_pictures(block) then
    return block.content:filter(function(i) return i.t == 'Image' end):map(part_of_image)
  elseif block.t == 'Div' and page.kind_of(block.identifier) == 'fig' then
    local caption, content = caption_of(block, block.content)
    return { { id = block.identifier, caption = caption or pandoc.Inlines({}), content = content, alt = block.attributes['fig-alt'] } }
  end
end

local function lettered(parts)
  local at = 0
  for _, part in ipairs(parts) do
    if part.id or #part.caption > 0 then
      at = at + 1
      part.letter = utf8.char(96 + at)
    end
  end
  return parts
end

local function is_panel(el, parts)
  return #parts > 1 or el.attributes['layout-ncol'] or el.attributes['layout-nrow'] or (parts[1] or {}).id ~= nil
end

-- the parts of a figure, in columns, each with its letter; none where the block is one picture
function figures.parts(el)
  local _, content = caption_of(el, el.content:clone())
  local parts, rest = pandoc.List({}), pandoc.Blocks({})
  for _, block in ipairs(content) do
    local found = pieces(block)
    if found then parts:extend(found) else rest:insert(block) end
  end
  if is_panel(el, parts) then return lettered(parts), rest end
  return {}, content
end

local function columns(el, count)
  local rows = tonumber(el.attributes['layout-nrow'])
  return tonumber(el.attributes['layout-ncol']) or (rows and math.ceil(count / rows)) or 1
end

local function caption_of_figures(content)
  local inlines
  for _, block in ipairs(content) do
    if block.t == 'Figure' and #block.caption.long > 0 then inlines = page.inlines_of(block.caption) end
  end
  return inlines
end

local function plain_pictures(content, alt)
  -- inside a figure div the images are plain pictures, the div is the figure
  return content:walk({ Figure = function(f) return f.content end }):walk({
    Image = function(image)
      if alt and not image.attributes['fig-alt'] then image.attributes['fig-alt'] = alt end
      return image
    end,
  })
end

-- a figure in a block; its parts stand beside each other
function figures.from_div(el)
  local caption = caption_of(el, el.content)
  local parts, content = figures.parts(el)
  if #parts == 0 then caption = caption or caption_of_figures(content) end
  if not caption or #caption == 0 then page.defect('no-caption', el.identifier) end
  for _, part in ipairs(parts) do part.content = plain_pictures(part.content, part.alt) end
  return draw.figure({
    id = el.identifier,
    prefix = page.prefix(el.identifier),
    caption = caption or pandoc.Inlines({}),
    content = page.drawn(plain_pictures(content, el.attributes['fig-alt'])),
    parts = parts,
    columns = columns(el, #parts),
    align = el.attributes['fig-align'],
  })
end

-- pictures or other blocks in columns, without a number of their own
function figures.layout(el)
  local cells = pandoc.List({})
  for _, block in ipairs(el.content) do
    if is_pictures(block) then
      for _, inline in ipairs(block.content) do
        if inline.t == 'Image' then cells:insert(pandoc.Blocks({ pandoc.Para({ inline }) })) end
      end
    else
      cells:insert(pandoc.Blocks({ block }))
    end
  end
  return draw.layout({ columns = columns(el, #cells), cells = cells:map(page.drawn) })
end

local function align_of(content)
  local align
  content:walk({ Image = function(image) align = align or image.attributes['fig-align'] end })
  return align
end

function figures.from_figure(el)
  local id, caption = figures.id(el), page.inlines_of(el.caption)
  local content = el.content:walk({ Image = function(image) image.identifier = '' return image end })
  return draw.figure({
    id = id,
    prefix = id and page.prefix(id),
    caption = caption,
    content = content,
    parts = {},
    align = align_of(el.content),
  })
end

function figures.from_lone_image(el)
  local id = figures.lone_id(el)
  if not id then return nil end
  el.content[1].identifier = ''
  return figures.from_div(pandoc.Div({ el }, pandoc.Attr(id)))
end

return figures
