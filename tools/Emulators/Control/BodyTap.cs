using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.Control;

/// <summary>Something that looks at, changes or ends the bytes of one body.</summary>
internal interface IBodyStep
{
    /// <summary>How many of the next bytes may pass. Fewer than there are: the connection is reset behind them.</summary>
    ValueTask<int> AllowAsync(long position, int count, CancellationToken cancellationToken) => ValueTask.FromResult(count);

    void Change(long position, Span<byte> bytes)
    {
    }
}

internal sealed class ResetStep(long after) : IBodyStep
{
    public ValueTask<int> AllowAsync(long position, int count, CancellationToken cancellationToken) =>
        ValueTask.FromResult((int)Math.Clamp(after - position, 0, count));
}

internal sealed class ThrottleStep(long bytesPerSecond, TimeProvider time) : IBodyStep
{
    private readonly long _began = time.GetTimestamp();

    public async ValueTask<int> AllowAsync(long position, int count, CancellationToken cancellationToken)
    {
        var due = TimeSpan.FromSeconds((position + count) / (double)bytesPerSecond) - time.GetElapsedTime(_began);
        if (due > TimeSpan.Zero)
            await Task.Delay(due, time, cancellationToken);
        return count;
    }
}

internal sealed class CorruptStep(long offset) : IBodyStep
{
    public void Change(long position, Span<byte> bytes)
    {
        if (offset >= position && offset < position + bytes.Length)
            bytes[(int)(offset - position)] ^= 0xFF;
    }
}

/// <summary>A request's or response's body that counts its bytes and applies the steps of faults.</summary>
internal sealed class BodyTap(Stream inner, HttpContext context) : Stream
{
    // Faults slow bodies down in pieces of this size, and never let a large write pass at once.
    private const int MostAtOnce = 64 * 1024;

    // What was written before a reset is in the socket's hands; without a moment the reset would overtake it.
    private static readonly TimeSpan BeforeReset = TimeSpan.FromMilliseconds(30);

    private readonly List<IBodyStep> _steps = [];
    private bool _ended;

    public long Count { get; private set; }

    /// <summary>Called before the client can know the end: before the last byte of a known length, and before a reset (true).</summary>
    public Action<bool>? Ending { get; set; }

    public override bool CanRead => inner.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public void Add(IBodyStep step) => _steps.Add(step);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_ended)
            await ResetAsync();
        if (_steps.Count > 0 && buffer.Length > MostAtOnce)
            buffer = buffer[..MostAtOnce];
        var read = await inner.ReadAsync(buffer, cancellationToken);
        if (read == 0)
            return 0;
        var allowed = await AllowedAsync(read, cancellationToken);
        foreach (var step in _steps)
            step.Change(Count, buffer.Span[..allowed]);
        Count += allowed;
        _ended = allowed < read;
        if (allowed == 0)
            await ResetAsync();
        return allowed;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_steps.Count == 0)
        {
            Count += buffer.Length;
            NoteEnd();
            await inner.WriteAsync(buffer, cancellationToken);
            return;
        }

        while (buffer.Length > 0)
        {
            var part = buffer[..Math.Min(buffer.Length, MostAtOnce)];
            var allowed = await AllowedAsync(part.Length, cancellationToken);
            var copy = part[..allowed].ToArray();
            foreach (var step in _steps)
                step.Change(Count, copy);
            Count += allowed;
            NoteEnd();
            await inner.WriteAsync(copy, cancellationToken);
            if (allowed < part.Length)
            {
                await inner.FlushAsync(cancellationToken);
                await ResetAsync();
            }

            buffer = buffer[part.Length..];
        }
    }

    private async ValueTask<int> AllowedAsync(int count, CancellationToken cancellationToken)
    {
        foreach (var step in _steps)
            count = Math.Min(count, await step.AllowAsync(Count, count, cancellationToken));
        return count;
    }

    private void NoteEnd()
    {
        if (context.Response.ContentLength == Count)
            Ending?.Invoke(false);
    }

    private async Task ResetAsync()
    {
        await Task.Delay(BeforeReset, CancellationToken.None);
        Ending?.Invoke(true);
        context.Abort();
        throw new ConnectionEndedException();
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush()
    {
        // Kestrel's bodies are flushed asynchronously only, and StreamWriter asks for this one when it is disposed.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}

/// <summary>A fault has reset the connection under a request.</summary>
internal sealed class ConnectionEndedException() : IOException("A fault has reset this connection.");
