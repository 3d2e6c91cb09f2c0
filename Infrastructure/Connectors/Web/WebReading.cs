using System.IO.Pipelines;
using System.Security.Cryptography;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Outbound;

namespace ChunkUpload.Infrastructure.Connectors.Web;

/// <summary>
/// An answer whose body is read in one go, over several pieces where it has to be, and compared with the digests that it names.
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

    /// <summary>How many bytes of the body were read.</summary>
    public long Position { get; private set; }

    public HttpResponseMessage Answer => _answer;

    /// <summary>Writes so many bytes.</summary>
    /// <param name="isEnd">Nothing may follow them, and the digests must agree.</param>
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

    /// <summary>Reads some bytes; none: the body has ended, and its digests agree or <see cref="DamagedFault"/> tells.</summary>
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

    /// <summary>Compares the digests of the body after its last byte. They can be asked for once.</summary>
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

    // Reading on also gives the connection back for the next request.
    private async ValueTask<StorageFault?> EndAsync(CancellationToken cancellationToken) =>
        await _body!.ReadAsync(new byte[1], cancellationToken) == 0
            ? DamagedFault()
            : new StorageFault(FaultKind.SourceChanged, $"{_host} sent more bytes than it had announced.");
}
