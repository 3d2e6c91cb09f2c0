using ChunkUpload.Bench.Load;

namespace ChunkUpload.Bench.Peers;

/// <summary>A range of <see cref="Material"/> that a server said it has, and where it is served.</summary>
internal readonly record struct Stored(string Path, long Offset, long Count);

/// <summary>One connection to a server, and the words that this server understands.</summary>
internal sealed class Wire : IDisposable
{
    private static int _names;

    private readonly RawHttp _http;
    private readonly Peer _peer;
    private readonly string _common;

    public Wire(Peer peer)
    {
        _peer = peer;
        _http = new RawHttp(peer.Address);
        _common = $"Host: 127.0.0.1:{peer.Address.Port}\r\n{(peer.Key is null ? "" : $"Authorization: Bearer {peer.Key}\r\n")}" +
            (peer.Kind.Style == Style.Tus ? "Tus-Resumable: 1.0.0\r\n" : "");
    }

    /// <returns>The upload's path.</returns>
    public string Create(long length, string more = "") => _peer.Kind.Style == Style.Put
        ? $"/files/{Interlocked.Increment(ref _names)}"
        : PathOf(_http.Exchange($"POST /files HTTP/1.1\r\n{_common}Upload-Length: {length}\r\n{more}Content-Length: 0\r\n\r\n", 0, 0, 201));

    /// <summary>Creation with the whole upload as its body.</summary>
    public Stored CreateWith(long offset, long length) => _peer.Kind.Style == Style.Put
        ? Append(Create(length), 0, offset, length)
        : new Stored(
            PathOf(_http.Exchange(
                $"POST /files HTTP/1.1\r\n{_common}Upload-Length: {length}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: {length}\r\n\r\n",
                offset, length, 201)),
            offset, length);

    /// <param name="at">The upload's offset.</param>
    /// <param name="offset">The same in the material.</param>
    public Stored Append(string path, long at, long offset, long count)
    {
        if (_peer.Kind.Style == Style.Put)
        {
            path = $"{path}-{at}";
            _ = _http.Exchange($"PUT {path} HTTP/1.1\r\n{_common}Content-Length: {count}\r\n\r\n", offset, count, 201);
        }
        else
        {
            _ = _http.Exchange(
                $"PATCH {path} HTTP/1.1\r\n{_common}Upload-Offset: {at}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: {count}\r\n\r\n",
                offset, count, 204);
        }

        return new Stored(path, offset, count);
    }

    /// <exception cref="BenchException">What is served is not what was sent.</exception>
    public void Verify(Stored stored)
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        var count = _http.Download($"GET {stored.Path} HTTP/1.1\r\n{_common}\r\n", 200, hash);
        if (count != stored.Count || !hash.GetHashAndReset().SequenceEqual(Material.Digest(stored.Offset, stored.Count)))
            throw new BenchException($"{_peer}: {stored.Path} has {count} bytes and is not what was sent.");
    }

    public void Dispose() => _http.Dispose();

    private static string PathOf(string? location) => location switch
    {
        null => throw new BenchException("A creation was answered without a Location."),
        ['/', '/', ..] or ['h', ..] => new Uri(location.StartsWith('/') ? "http:" + location : location).AbsolutePath,
        _ => location,
    };
}
