using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Core.Nodes;

/// <summary>
/// The signature of a request between nodes: time, nonce, and an HMAC of both with the method, the address and the digest of the body.
/// </summary>
public sealed class NodeSignature(INodeSecrets secrets, TimeProvider time)
{
    /// <summary>The header that has the signature.</summary>
    public const string Header = "ChunkUpload-Node";

    // The clocks of nodes may differ by this much.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    private const int NonceBytes = 16;
    private const int MostNonces = 1 << 20;

    private readonly ConcurrentDictionary<string, long> _nonces = new(StringComparer.Ordinal);
    private readonly Lazy<byte[]> _key = new(secrets.RequestKey);
    private long _prunedAt;

    /// <summary>Signs a request.</summary>
    /// <returns>The value of the header.</returns>
    public string Sign(string method, string pathAndQuery, ReadOnlySpan<byte> body)
    {
        var at = time.GetUtcNow().ToUnixTimeSeconds();
        var nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NonceBytes));
        return string.Create(CultureInfo.InvariantCulture, $"{at} {nonce} {Mac(method, pathAndQuery, body, at, nonce)}");
    }

    /// <summary>Whether the header signs this request, by a node of this ledger, now and for the first time.</summary>
    public bool IsSigned(string? header, string method, string pathAndQuery, ReadOnlySpan<byte> body)
    {
        if (header?.Split(' ') is not [var atText, { Length: 2 * NonceBytes } nonce, var mac]
            || !long.TryParse(atText, NumberStyles.None, CultureInfo.InvariantCulture, out var at))
        {
            return false;
        }

        var now = time.GetUtcNow().ToUnixTimeSeconds();
        if (Math.Abs(now - at) > Tolerance.TotalSeconds
            || !CryptographicOperations.FixedTimeEquals(
                Encoding.ASCII.GetBytes(mac), Encoding.ASCII.GetBytes(Mac(method, pathAndQuery, body, at, nonce))))
        {
            return false;
        }

        Prune(now);
        return _nonces.TryAdd(nonce, now);
    }

    private string Mac(string method, string pathAndQuery, ReadOnlySpan<byte> body, long at, string nonce) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(
            _key.Value,
            Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture,
                $"{method}\n{pathAndQuery}\n{at}\n{nonce}\n{Convert.ToHexStringLower(SHA256.HashData(body))}"))));

    /// <summary>A nonce is kept for as long as its time is accepted.</summary>
    private void Prune(long now)
    {
        var before = Volatile.Read(ref _prunedAt);
        var keep = (long)(2 * Tolerance.TotalSeconds);
        if ((now - before < keep && _nonces.Count < MostNonces) || Interlocked.CompareExchange(ref _prunedAt, now, before) != before)
            return;
        foreach (var (nonce, at) in _nonces)
        {
            if (now - at > keep)
                _ = _nonces.TryRemove(nonce, out _);
        }
    }
}
