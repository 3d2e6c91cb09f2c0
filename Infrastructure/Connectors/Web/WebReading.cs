using System.IO.Pipelines;
using System.Security.Cryptography;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Outbound;

namespace ChunkUpload.Infrastructure.Connectors.Web;

/// <summary>
/// A response whose body is read once, possibly in several pieces, and compared with the digests in its headers.
/// </summary>
internal sealed class WebReading : IDisposable
{
    private readonly HttpResponseMessage _answer;
    private readonly string _host;
    private readonly (IncrementalHash Hash, byte[] Expected)? _sha256, _md5;
    private Stream? _body;

    public WebReading(HttpResponseMessage answer, string host)
    {
        (_answer, _host) = (answer, host);
        _sha256 = With(HashAlgorithmName.SHA256, WebHeaders.Sha256OfBody(answer));
        _md5 = With(HashAlgorithmName.MD5, WebHeaders.Md5OfBody(answer));
    }

    /// <summary>The number of bytes of the body that were read.</summary>
    public long Position { get; private set; }

    public HttpResponseMessage Answer => _answer;

    /// <summary>Writes a number of bytes.</summary>
    /// <param name="isEnd">Whether no more bytes may follow, and the digests must be equal.</param>
    public async Task<StorageFault?> CopyAsync(PipeWriter into, long length, bool isEnd, CancellationToken cancellationToken)
    {
        try
        {
            for (var left = length; left > 0;)
            {
                var memory = into.GetMemory();
                var read = await ReadAsync(memory[..(int)Math.Min(memory.Length, left)], cancellationToken);
                if (read == 0)
                    return BrokenOff();
                into.Advance(read);
                left -= read;
                if ((await into.FlushAsync(cancellationToken)).IsCompleted)
                    return null;
            }

            return isEnd ? await EndAsync(cancellationToken) : null;
        }
        catch (Exception reason) when (NetworkFaults.Of(reason) is not null)
        {
            return BrokenOff();
        }
    }

    /// <summary>Reads bytes; returns 0 at the end of the body, after which <see cref="DamagedFault"/> compares the digests.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        _body ??= await _answer.Content.ReadAsStreamAsync(cancellationToken);
        var read = await _body.ReadAsync(into, cancellationToken);
        Position += read;
        _sha256?.Hash.AppendData(into.Span[..read]);
        _md5?.Hash.AppendData(into.Span[..read]);
        return read;
    }

    public StorageFault BrokenOff() => new(FaultKind.Transient, $"{_host} broke off.");

    /// <summary>Compares the digests of the body after its last byte. It can be called once.</summary>
    public StorageFault? DamagedFault()
    {
        foreach (var check in (ReadOnlySpan<(IncrementalHash Hash, byte[] Expected)?>)[_sha256, _md5])
        {
            if (check is { } one && !one.Hash.GetHashAndReset().AsSpan().SequenceEqual(one.Expected))
                return new StorageFault(FaultKind.SourceChanged, $"The bytes that came do not have the digest that {_host} names.");
        }

        return null;
    }

    public void Dispose()
    {
        _sha256?.Hash.Dispose();
        _md5?.Hash.Dispose();
        _answer.Dispose();
    }

    private static (IncrementalHash Hash, byte[] Expected)? With(HashAlgorithmName name, byte[]? expected) =>
        expected is null ? null : (IncrementalHash.CreateHash(name), expected);

    // Reading to the end also releases the connection for the next request.
    private async ValueTask<StorageFault?> EndAsync(CancellationToken cancellationToken) =>
        await _body!.ReadAsync(new byte[1], cancellationToken) == 0
            ? DamagedFault()
            : new StorageFault(FaultKind.SourceChanged, $"{_host} sent more bytes than it had announced.");
}
