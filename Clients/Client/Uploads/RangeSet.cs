using ChunkUpload.Wire;

namespace ChunkUpload.Client.Uploads;

/// <summary>A set of byte ranges: sorted, disjoint and merged.</summary>
internal sealed class RangeSet
{
    private readonly List<RangeView> _items = [];

    public RangeSet(params IEnumerable<RangeView> ranges)
    {
        foreach (var range in ranges)
            Add(range.Offset, range.Length);
    }

    public IReadOnlyList<RangeView> Items => _items;

    public long Total { get; private set; }

    public void Clear()
    {
        _items.Clear();
        Total = 0;
    }

    public void Add(long offset, long length)
    {
        if (length <= 0)
            return;
        var end = offset + length;
        var first = FirstEndingAt(offset);
        var last = first;
        for (; last < _items.Count && _items[last].Offset <= end; last++)
        {
            offset = Math.Min(offset, _items[last].Offset);
            end = Math.Max(end, _items[last].Offset + _items[last].Length);
            Total -= _items[last].Length;
        }

        _items.RemoveRange(first, last - first);
        _items.Insert(first, new RangeView(offset, end - offset));
        Total += end - offset;
    }

    public void Remove(long offset, long length)
    {
        if (length <= 0)
            return;
        var end = offset + length;
        for (var at = FirstEndingAt(offset); at < _items.Count && _items[at].Offset < end;)
        {
            var (from, to) = (_items[at].Offset, _items[at].Offset + _items[at].Length);
            _items.RemoveAt(at);
            Total -= to - from;
            if (from < offset)
                Insert(at++, from, Math.Min(to, offset));
            if (to > end)
                Insert(at++, end, to);
        }
    }

    /// <summary>How many bytes of this window are in the set.</summary>
    public long Within(long offset, long length)
    {
        var (end, sum) = (offset + length, 0L);
        for (var at = FirstEndingAt(offset); at < _items.Count && _items[at].Offset < end; at++)
            sum += Math.Max(0, Math.Min(end, _items[at].Offset + _items[at].Length) - Math.Max(offset, _items[at].Offset));
        return sum;
    }

    /// <summary>Returns the missing ranges of a file of this size.</summary>
    public RangeSet Inverse(long size)
    {
        var rest = new RangeSet(new RangeView(0, size));
        foreach (var range in _items)
            rest.Remove(range.Offset, range.Length);
        return rest;
    }

    private void Insert(int at, long from, long to)
    {
        _items.Insert(at, new RangeView(from, to - from));
        Total += to - from;
    }

    private int FirstEndingAt(long offset)
    {
        var (low, high) = (0, _items.Count);
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (_items[middle].Offset + _items[middle].Length < offset)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
