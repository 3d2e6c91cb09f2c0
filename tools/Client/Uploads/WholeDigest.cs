using System.Buffers;
using System.Security.Cryptography;

namespace ChunkUpload.Client.Uploads;

/// <summary>
/// The SHA-256 of the whole source. Bytes that are read to be sent are hashed on the way; what an earlier run has sent is read again, so
/// that a source that changed since is found before anything is published.
/// </summary>
internal sealed class WholeDigest : IDisposable
{
    private const int Block = 1 << 20;

    private readonly IUploadSource _source;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task<string>? _all;
    private long _front;

    /// <param name="apart">Read the source beside the sending: much of it is there already.</param>
    public WholeDigest(IUploadSource source, bool apart)
    {
        _source = source;
        if (apart)
            _all = Task.Run(() => ReadOnAsync(_stop.Token));
    }

    /// <summary>Takes bytes that were read for a chunk, in the order of their offsets.</summary>
    public void Take(long offset, ReadOnlySpan<byte> bytes)
    {
        if (_all is not null || offset != _front)
            return;
        _hash.AppendData(bytes);
        _front += bytes.Length;
    }

    public async Task<string> EndAsync(CancellationToken stop)
    {
        if (_all is not null)
            return await _all.WaitAsync(stop);
        return await ReadOnAsync(stop);
    }

    public void Dispose()
    {
        _stop.Cancel();
        if (_all is null)
            _hash.Dispose();
        _ = _all?.ContinueWith(_ => _hash.Dispose(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _stop.Dispose();
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
