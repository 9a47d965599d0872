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

function figures.from_div(el)
  local caption, content = figures.split_caption(el.content)
  caption = caption or caption_of_figures(content) or pandoc.Inlines({})
  if #caption == 0 then page.defect('no-caption', el.identifier) end
  return draw.figure({
    id = el.identifier,
    prefix = page.prefix(el.identifier),
    caption = caption,
    content = plain_pictures(content, el.attributes['fig-alt']),
  })
end

function figures.from_figure(el)
  local id, caption = figures.id(el), page.inlines_of(el.caption)
  local content = el.content:walk({ Image = function(image) image.identifier = '' return image end })
  if not id then return draw.figure({ caption = caption, content = content }) end
  content:insert(pandoc.Para(caption))
  return figures.from_div(pandoc.Div(content, pandoc.Attr(id)))
end

function figures.from_lone_image(el)
  local id = figures.lone_id(el)
  if not id then return nil end
  el.content[1].identifier = ''
  return figures.from_div(pandoc.Div({ el }, pandoc.Attr(id)))
end

return figures
