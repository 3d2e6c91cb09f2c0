using System.Buffers;
using ChunkUpload.Emulators.Content;

namespace ChunkUpload.Emulators.Graph;

/// <summary>Receives a content by fragments. Bytes of a broken fragment are overwritten by the next one, and never hashed.</summary>
internal sealed class GraphContentWriter(string path, bool discard) : IDisposable
{
    private readonly ContentHasher _hashes = new();
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _file = File.OpenHandle(
        path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);

    private bool _finished;

    /// <summary>The bytes of whole fragments, which a rewrite continues.</summary>
    public QuickXorHash QuickXor { get; } = new();

    /// <summary>Receives a body and counts its bytes only when all have come. False when it is shorter or longer than announced.</summary>
    public async Task<bool> ReceiveAsync(Stream body, long? length, CancellationToken cancellationToken)
    {
        var start = discard ? 0 : QuickXor.Length;
        var buffer = ArrayPool<byte>.Shared.Rent(256 * 1024);
        try
        {
            long received = 0;
            while (await body.ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                if (received + read > length)
                    return false;
                await RandomAccess.WriteAsync(_file, buffer.AsMemory(0, read), start + received, cancellationToken);
                received += read;
            }

            if (received != (length ?? received))
                return false;
            for (long hashed = 0; hashed < received;)
            {
                var part = buffer.AsMemory(0, (int)Math.Min(buffer.Length, received - hashed));
                var read = await RandomAccess.ReadAsync(_file, part, start + hashed, CancellationToken.None);
                QuickXor.Append(part.Span[..read]);
                _hashes.Append(part.Span[..read]);
                hashed += read;
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public GraphContent Finish(DateTimeOffset now)
    {
        _finished = true;
        _file.Dispose();
        if (discard)
            File.Delete(path);
        var hashes = _hashes.Finish();
        StoredContent data = discard
            ? new DiscardedContent(QuickXor.Length) { Hashes = hashes }
            : new FileContent(path, QuickXor.Length) { Hashes = hashes };
        return GraphContent.With(data, QuickXor.ToBase64(), now);
    }

    public void Dispose()
    {
        _hashes.Dispose();
        _file.Dispose();
        if (!_finished)
            File.Delete(path);
    }
}
