namespace ChunkUpload.Cli.Doctor;

/// <summary>So many bytes that cannot be compressed, from memory.</summary>
internal sealed class RepeatedBytes(long length) : Stream
{
    private const int Period = 1 << 20;

    private long _at;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get => _at; set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        var from = (int)(_at % Period);
        var count = (int)Math.Min(Math.Min(buffer.Length, Period - from), length - _at);
        ScratchFile.Bytes(Period).Span.Slice(from, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(Read(buffer.Span));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
