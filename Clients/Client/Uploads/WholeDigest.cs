using System.Buffers;
using System.Security.Cryptography;
using System.Threading.Channels;

namespace ChunkUpload.Client.Uploads;

/// <summary>
/// The SHA-256 of the whole source. Bytes that are read to be sent are hashed beside the sending, from the same buffers; what an earlier
/// run has sent is read again, so that a source that changed since is found before anything is published.
/// </summary>
internal sealed class WholeDigest : IDisposable
{
    private const int Block = 1 << 20;

    // The sender waits when the digest is so many chunks behind: they stay in memory.
    private const int MostBehind = 16;

    private readonly IUploadSource _source;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<Chunk> _behind = Channel.CreateBounded<Chunk>(
        new BoundedChannelOptions(MostBehind) { SingleReader = true, SingleWriter = true });
    private readonly Task<string>? _all;
    private readonly Task _following = Task.CompletedTask;
    private long _front;

    /// <param name="apart">Read the source beside the sending: much of it is there already.</param>
    public WholeDigest(IUploadSource source, bool apart)
    {
        _source = source;
        if (apart)
            _all = Task.Run(() => ReadOnAsync(_stop.Token));
        else
            _following = Task.Run(() => FollowAsync(_stop.Token));
    }

    /// <summary>The offset up to which bytes were taken.</summary>
    public long Front => _front;

    /// <summary>Takes a chunk that was read, in the order of the offsets.</summary>
    public async ValueTask TakeAsync(Chunk chunk, CancellationToken stop)
    {
        if (_all is not null || chunk.Offset != _front)
            return;
        chunk.Share();
        try
        {
            await _behind.Writer.WriteAsync(chunk, stop);
        }
        catch (Exception)
        {
            chunk.Dispose();
            throw;
        }

        _front += chunk.Bytes.Length;
    }

    public async Task<string> EndAsync(CancellationToken stop)
    {
        if (_all is not null)
            return await _all.WaitAsync(stop);
        _ = _behind.Writer.TryComplete();
        await _following.WaitAsync(stop);
        return await ReadOnAsync(stop);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _ = _behind.Writer.TryComplete();
        _ = (_all ?? _following).ContinueWith(
            _ =>
            {
                while (_behind.Reader.TryRead(out var chunk))
                    chunk.Dispose();
                _hash.Dispose();
            },
            CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _stop.Dispose();
    }

    private async Task FollowAsync(CancellationToken stop)
    {
        await foreach (var chunk in _behind.Reader.ReadAllAsync(stop))
        {
            using (chunk)
                _hash.AppendData(chunk.Bytes.Span);
        }
    }

    private async Task<string> ReadOnAsync(CancellationToken stop)
    {
        if (_source.IsRepeatable && _front < _source.Size)
        {
            var block = ArrayPool<byte>.Shared.Rent(Block);
            while (_front < _source.Size)
            {
                var most = (int)Math.Min(Block, _source.Size.Value - _front);
                var read = await _source.ReadAsync(_front, block.AsMemory(0, most), stop);
                if (read == 0)
                    break;
                _hash.AppendData(block.AsSpan(0, read));
                _front += read;
            }

            ArrayPool<byte>.Shared.Return(block);
        }

        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }
}
