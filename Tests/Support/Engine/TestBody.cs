using System.Buffers;
using System.IO.Pipelines;

namespace ChunkUpload.Tests.Support.Engine;

/// <summary>A request body whose bytes, pauses and end the test controls.</summary>
internal sealed class TestBody : IDisposable
{
    // Tiny, so that a send completes only when the reader has taken the bytes.
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
    private readonly CancellationTokenSource _gone = new();

    public PipeReader Reader => _pipe.Reader;

    /// <summary>Fires when the client has disconnected.</summary>
    public CancellationToken Gone => _gone.Token;

    /// <param name="announcesTrailer">Whether a trailer was announced, even if none comes.</param>
    public static UploadBody Of(
        ReadOnlySpan<byte> bytes, Sha256Digest? trailer = null, bool announced = true, bool announcesTrailer = false)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        pipe.Writer.Write(bytes);
        pipe.Writer.Complete();
        return new UploadBody(
            pipe.Reader, announced ? bytes.Length : null)
        { TrailerDigest = trailer is not null || announcesTrailer ? () => trailer : null };
    }

    public UploadBody Announce(long? length) => new(Reader, length);

    /// <summary>Completes when the bytes were read and processed.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        _pipe.Writer.Write(bytes.Span);
        await _pipe.Writer.FlushAsync(CancellationToken.None);
    }

    /// <summary>Delivers bytes without waiting for the reader.</summary>
    public void Deliver(ReadOnlySpan<byte> bytes)
    {
        _pipe.Writer.Write(bytes);
#pragma warning disable CA2012 // Nobody waits for the reader here.
        _ = _pipe.Writer.FlushAsync(CancellationToken.None);
#pragma warning restore CA2012
    }

    public void End() => _pipe.Writer.Complete();

    /// <summary>The connection is reset.</summary>
    public void Break() => _pipe.Writer.Complete(new IOException("The connection was reset."));

    /// <summary>The server has noticed that the client disconnected.</summary>
    public void Leave() => _gone.Cancel();

    public void Dispose() => _gone.Dispose();
}
