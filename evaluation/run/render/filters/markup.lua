-- Plain HTML in the sources, read as pandoc's own elements by formats that have no HTML.

local markup = {}

local function is_html(block) return block.t == 'RawBlock' and block.format:match('^html') ~= nil end

-- a cell of numbers stands to the right, in any format
local function aligned(cell)
  if cell.classes:includes('num') then cell.alignment = 'AlignRight' end
  return cell
end

local function aligned_rows(rows)
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row.cells) do row.cells[i] = aligned(cell) end
  end
end

local function tidy_table(el)
  aligned_rows(el.head.rows)
  for _, body in ipairs(el.bodies) do
    aligned_rows(body.head)
    aligned_rows(body.body)
  end
  for i, spec in ipairs(el.colspecs) do el.colspecs[i] = { spec[1], nil } end
  return el
end

local function read(text)
  -- pandoc forgets the class of a paragraph and the word that opens details
  text = text:gsub('<summary>(.-)</summary>', '<div class="summary"><p>%1</p></div>')
  text = text:gsub('<p class="table%-note">(.-)</p>', '<div class="table-note"><p>%1</p></div>')
  return pandoc.read(text, 'html').blocks:walk({ Table = tidy_table })
end

local function balance(block)
  local text = is_html(block) and block.text or ''
  local _, opened = text:gsub('<table[%s>]', '')
  local _, closed = text:gsub('</table>', '')
  return opened - closed, opened > 0
end

-- pandoc may have cut a table into pieces: what lies between its ends is written as HTML again, then read whole
function markup.Blocks(blocks)
  local out, run, depth = pandoc.Blocks({}), pandoc.Blocks({}), 0
  for _, block in ipairs(blocks) do
    depth = depth + balance(block)
    if is_html(block) or depth > 0 then run:insert(block) end
    if #run > 0 and depth == 0 then
      local text = #run == 1 and run[1].text or pandoc.write(pandoc.Pandoc(run), 'html')
      out:extend(read(text))
      run = pandoc.Blocks({})
    elseif depth == 0 and not is_html(block) then
      out:insert(block)
    end
  end
  out:extend(run)
  return out
end

-- an invisible mark for a new page is the only inline HTML that other formats know
function markup.RawInline(el)
  if el.format:match('^html') then
    return el.text:find('page%-break') and pandoc.Span({}, pandoc.Attr('', { 'page-break' })) or {}
  end
end

-- the text of a formula for those who hear it
function markup.spoken(math)
  local text = pandoc.write(pandoc.Pandoc({ pandoc.Plain({ math }) }), 'plain', { wrap_text = 'none' })
  return (text:gsub('^[%s$]+', ''):gsub('[%s$]+$', ''):gsub('%s+', ' '))
end

-- links lead within the page or to the network; to files beside the page only in HTML
function markup.Link(el)
  if el.target:match('^#') or el.target:match('^%a[%w+.-]*:') then return nil end
  return el.content
end

return markup
