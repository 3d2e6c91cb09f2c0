namespace ChunkUpload.Client.State;

/// <summary>Reads the lines of a file, and knows where each ended.</summary>
internal sealed class LineReader(Stream stream, int mostBytes)
{
    private byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;

    /// <summary>The position after the line that was read last.</summary>
    public long Position { get; private set; }

    /// <returns>The next line without its end; <c>null</c> if there is none, if it has no end, or if it is too long.</returns>
    public ReadOnlyMemory<byte>? Next()
    {
        for (var searched = _start; ;)
        {
            var at = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (at >= 0)
            {
                var line = _buffer.AsMemory(_start, searched + at - _start);
                Position += line.Length + 1;
                _start = searched + at + 1;
                return line;
            }

            if (_end - _start >= mostBytes)
                return null;
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_end, _start) = (_end - _start, 0);
            searched = _end;
            if (_end == _buffer.Length)
                Array.Resize(ref _buffer, _buffer.Length * 2);
            var read = stream.Read(_buffer.AsSpan(_end));
            if (read == 0)
                return null;
            _end += read;
        }
    }
}
