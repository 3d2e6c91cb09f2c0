using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace ChunkUpload.Agent;

/// <summary>Lines of JSON over a stream, none longer than allowed.</summary>
internal sealed class LineStream(Stream stream, int mostBytes)
{
    private byte[] _buffer = new byte[4096];
    private int _start, _end;

    /// <returns>The next line without its end; null if there are no more.</returns>
    /// <exception cref="AgentException">It is too long.</exception>
    public async Task<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken stop)
    {
        for (var searched = _start; ;)
        {
            var at = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (at >= 0)
            {
                var line = _buffer.AsMemory(_start, searched + at - _start);
                _start = searched + at + 1;
                return line;
            }

            searched = _end;
            if (_end - _start >= mostBytes)
                throw new AgentException(AgentException.TooLong, $"A line has at most {mostBytes} bytes.");
            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_end, searched, _start) = (_end - _start, searched - _start, 0);
            }

            if (_end == _buffer.Length)
                Array.Resize(ref _buffer, _buffer.Length * 2);
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), stop);
            if (read == 0)
                return null;
            _end += read;
        }
    }

    public async Task WriteAsync<T>(T value, JsonTypeInfo<T> type, CancellationToken stop)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(value, type);
        Array.Resize(ref line, line.Length + 1);
        line[^1] = (byte)'\n';
        await stream.WriteAsync(line, stop);
    }
}
