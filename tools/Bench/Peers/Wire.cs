using System.Security.Cryptography;
using ChunkUpload.Bench.Load;

namespace ChunkUpload.Bench.Peers;

/// <summary>A range of <see cref="Material"/> that a server has acknowledged, and its address.</summary>
internal readonly record struct Stored(string Path, long Offset, long Count);

/// <summary>One connection to a server in that server's protocol.</summary>
internal sealed class Wire : IDisposable
{
    private static int _names;

    private readonly RawHttp _http;
    private readonly Peer _peer;
    private readonly string _common;

    /// <param name="through">A proxy in front of the server.</param>
    public Wire(Peer peer, Uri? through = null)
    {
        _peer = peer;
        _http = new RawHttp(through ?? peer.Address);
        _common = $"Host: 127.0.0.1:{peer.Address.Port}\r\n{(peer.Key is null ? "" : $"Authorization: Bearer {peer.Key}\r\n")}" +
            (peer.Kind.Style == Style.Tus ? "Tus-Resumable: 1.0.0\r\n" : "");
    }

    /// <returns>The upload's path.</returns>
    public string Create(long length, string more = "") => _peer.Kind.Style == Style.Put
        ? $"/files/{Interlocked.Increment(ref _names)}"
        : PathOf(_http.Send(
            $"POST /files HTTP/1.1\r\n{_common}Upload-Length: {length}\r\n{more}Content-Length: 0\r\n\r\n", 0, 0, 201));

    /// <summary>Creates an upload with all of its bytes in the same request.</summary>
    public Stored CreateWith(long offset, long length) => _peer.Kind.Style == Style.Put
        ? Append(Create(length), 0, offset, length)
        : new Stored(
            PathOf(_http.Send(
                $"POST /files HTTP/1.1\r\n{_common}Upload-Length: {length}\r\nContent-Type: "
                    + $"application/offset+octet-stream\r\nContent-Length: {length}\r\n\r\n",
                offset, length, 201)),
            offset, length);

    /// <param name="at">The offset in the upload.</param>
    /// <param name="offset">The offset of the same bytes in the material.</param>
    public Stored Append(string path, long at, long offset, long count)
    {
        if (_peer.Kind.Style == Style.Put)
        {
            path = $"{path}-{at}";
            _ = _http.Send($"PUT {path} HTTP/1.1\r\n{_common}Content-Length: {count}\r\n\r\n", offset, count, 201);
        }
        else
        {
            _ = _http.Send(
                $"PATCH {path} HTTP/1.1\r\n{_common}Upload-Offset: {at}\r\nContent-Type: "
                    + $"application/offset+octet-stream\r\nContent-Length: {count}\r\n\r\n",
                offset, count, 204);
        }

        return new Stored(path, offset, count);
    }

    /// <summary>Sends the head of an append whose body follows by <see cref="Send"/>.</summary>
    public void BeginAppend(string path, long at, long count) => _http.Begin(
        $"PATCH {path} HTTP/1.1\r\n{_common}Upload-Offset: {at}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: "
            + $"{count}\r\n\r\n");

    public void Send(long offset, int count) => _http.Send(offset, count);

    public void EndAppend() => _http.End(204);

    /// <returns>The final upload's path.</returns>
    public string Join(IReadOnlyList<string> parts) => PathOf(_http.Send(
        $"POST /files HTTP/1.1\r\n{_common}Upload-Concat: final;{string.Join(' ', parts)}\r\nContent-Length: 0\r\n\r\n", 0, 0, 201));

    /// <summary>Sends a chunk of a session from the same offset of the material.</summary>
    public void PutChunk(string session, long offset, long count) => _http.Send(
        $"PUT {session}/chunks/{offset} HTTP/1.1\r\n{_common}X-Chunk-SHA256: "
            + $"{Convert.ToHexStringLower(Material.Digest(offset, count))}\r\n" +
        $"Content-Length: {count}\r\n\r\n", offset, count, 201);

    /// <summary>Receives and discards.</summary>
    /// <param name="from">The start of a range with this number of bytes; null for the whole file.</param>
    public void Download(Stored stored, long? from, long count)
    {
        var came = _http.Download(
            $"GET {stored.Path} HTTP/1.1\r\n{_common}{(from is null ? "" : $"Range: bytes={from}-{from + count - 1}\r\n")}\r\n",
                from is null ? 200 : 206, null);
        if (came != count)
            throw new BenchException($"{_peer}: {came} bytes of {stored.Path} came instead of {count}.");
    }

    /// <exception cref="BenchException">The served or stored content differs from what was sent.</exception>
    public void Verify(Stored stored)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (_peer.FileOf?.Invoke(stored.Path) is { } file)
        {
            using var stream = File.OpenRead(file);
            if (stream.Length != stored.Count || !SHA256.HashData(stream).SequenceEqual(Material.Digest(stored.Offset, stored.Count)))
                throw new BenchException($"{_peer}: {file} has {stream.Length} bytes and is not what was sent.");
            return;
        }

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
