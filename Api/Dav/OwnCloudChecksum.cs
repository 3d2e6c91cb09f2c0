using System.Security.Cryptography;
using ChunkUpload.Api.Errors;

namespace ChunkUpload.Api.Dav;

/// <summary>The header OC-Checksum of a PUT: an algorithm, a colon and hexadecimal digits. The file must have this checksum.</summary>
internal sealed class OwnCloudChecksum : IBodyChecksum, IDisposable
{
    private const string Header = "OC-Checksum";

    private readonly IncrementalHash _hash;
    private readonly byte[] _declared;

    private OwnCloudChecksum(HashAlgorithmName algorithm, byte[] declared) =>
        (_hash, _declared) = (IncrementalHash.CreateHash(algorithm), declared);

    /// <param name="sha256">The checksum if it is a SHA-256, which the service computes for every file.</param>
    /// <param name="checksum">The checksum, if it is of another kind.</param>
    public static Refusal? Read(HttpRequest request, out Sha256Digest? sha256, out OwnCloudChecksum? checksum)
    {
        (sha256, checksum) = (null, null);
        if (request.Headers[Header] is not { Count: > 0 } header)
            return null;
        var text = header.ToString();
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var digest = colon < 0 ? null : DigestOf(text[(colon + 1)..]);
        if (digest is null)
            return Malformed();
        switch (text[..colon].ToUpperInvariant())
        {
            case "SHA256" when digest.Length == SHA256.HashSizeInBytes:
                sha256 = new Sha256Digest(digest);
                return null;
            case "SHA1" when digest.Length == SHA1.HashSizeInBytes:
                checksum = new OwnCloudChecksum(HashAlgorithmName.SHA1, digest);
                return null;
            case "MD5" when digest.Length == MD5.HashSizeInBytes:
                checksum = new OwnCloudChecksum(HashAlgorithmName.MD5, digest);
                return null;
            default:
                return Malformed();
        }
    }

    public void Append(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

    public ChecksumVerdict Verify() => _hash.GetHashAndReset().AsSpan().SequenceEqual(_declared)
        ? ChecksumVerdict.Match
        : ChecksumVerdict.Mismatch;

    public void Dispose() => _hash.Dispose();

    private static byte[]? DigestOf(string text)
    {
        try
        {
            return Convert.FromHexString(text.Trim());
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static Refusal Malformed() => Refusal.Of(
        RequestError.UnknownAlgorithm, $"{Header} must be SHA256, SHA1 or MD5, a colon and the digits of the checksum.");
}
