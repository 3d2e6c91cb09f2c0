using System.Security.Cryptography;

namespace ChunkUpload.Api.Tus.Checksums;

internal enum ChecksumAlgorithm
{
    Sha256 = 1,
    Sha1,
    Sha512,
    Md5,
    Crc32,
    Crc32C,
}

/// <summary>The algorithms of <c>Upload-Checksum</c>, the best first. All of them detect damage; none protects against forgery.</summary>
internal static class ChecksumAlgorithms
{
    private static readonly string[] Names = ["sha256", "sha1", "sha512", "md5", "crc32", "crc32c"];

    public static IReadOnlyList<ChecksumAlgorithm> All { get; } = Enum.GetValues<ChecksumAlgorithm>();

    /// <summary>The value of <c>Tus-Checksum-Algorithm</c>: commas, no spaces (T110).</summary>
    public static string List { get; } = string.Join(',', Names);

    /// <summary>Only lower case: SHA1 is an unknown name (T112).</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out ChecksumAlgorithm algorithm)
    {
        for (var i = 0; i < Names.Length; i++)
        {
            if (name.SequenceEqual(Names[i]))
            {
                algorithm = (ChecksumAlgorithm)(i + 1);
                return true;
            }
        }

        algorithm = default;
        return false;
    }

    public static string NameOf(ChecksumAlgorithm algorithm) => Names[(int)algorithm - 1];

    public static RunningChecksum Start(ChecksumAlgorithm algorithm) => algorithm switch
    {
        ChecksumAlgorithm.Sha256 => new HashChecksum(HashAlgorithmName.SHA256),
        ChecksumAlgorithm.Sha1 => new HashChecksum(HashAlgorithmName.SHA1),
        ChecksumAlgorithm.Sha512 => new HashChecksum(HashAlgorithmName.SHA512),
        ChecksumAlgorithm.Md5 => new HashChecksum(HashAlgorithmName.MD5),
        ChecksumAlgorithm.Crc32 => new Crc32Checksum(),
        ChecksumAlgorithm.Crc32C => new Crc32CChecksum(),
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, null),
    };
}
