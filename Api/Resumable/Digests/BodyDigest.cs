using System.Security.Cryptography;
using ChunkUpload.Api.Resumable.Wire;

namespace ChunkUpload.Api.Resumable.Digests;

/// <summary>
/// Verifies <c>Content-Digest</c> of this message, sent as a header or a trailer (R100, R103). Every declared digest must match. A trailer
/// names its algorithm only at the end, so both algorithms run for it.
/// </summary>
internal sealed class BodyDigest : IBodyChecksum, IDisposable
{
    private readonly BodyDigests? _declared;
    private readonly HttpRequest _request;
    private readonly IncrementalHash? _sha256;
    private readonly IncrementalHash? _sha512;

    private BodyDigest(HttpRequest request, BodyDigests? declared)
    {
        (_request, _declared) = (request, declared);
        if (declared is not { } known || known.Sha256 is not null)
            _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (declared is not { } also || also.Sha512 is not null)
            _sha512 = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
    }

    public static BodyDigest OfHeader(HttpRequest request, BodyDigests declared) => new(request, declared);

    public static BodyDigest OfTrailer(HttpRequest request) => new(request, null);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _sha256?.AppendData(bytes);
        _sha512?.AppendData(bytes);
    }

    public ChecksumVerdict Verify()
    {
        var declared = _declared ?? ReadTrailer();
        if (!declared.Any)
            return ChecksumVerdict.Missing;
        return Matches(_sha256, declared.Sha256) && Matches(_sha512, declared.Sha512) ? ChecksumVerdict.Match : ChecksumVerdict.Mismatch;
    }

    public void Dispose()
    {
        _sha256?.Dispose();
        _sha512?.Dispose();
    }

    private BodyDigests ReadTrailer() =>
        _request.CheckTrailersAvailable()
            && BodyDigestField.Read(_request.GetTrailer(BodyDigestField.Name), out var digests) == FieldStatus.Found
            ? digests
            : default;

    private static bool Matches(IncrementalHash? hash, byte[]? declared) =>
        declared is null || (hash is not null && hash.GetCurrentHash().AsSpan().SequenceEqual(declared));
}
