using System.Security.Cryptography;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>Digests of libcrypto. Unlike IncrementalHash, their state can be saved and restored, at the same speed.</summary>
internal sealed class OpenSslHashes : IRunningHashes
{
    private static readonly Lazy<OpenSslFunctions?> Sha256 = new(() => OpenSslFunctions.Load("SHA256", 1, 8, SHA256.HashData));

#pragma warning disable CA5350, CA5351 // Storages name these digests; they protect nothing here.
    private static readonly Lazy<OpenSslFunctions?> Md5 = new(() => OpenSslFunctions.Load("MD5", (byte)OldDigest.Md5, 4, MD5.HashData));
    private static readonly Lazy<OpenSslFunctions?> Sha1 = new(() => OpenSslFunctions.Load("SHA1", (byte)OldDigest.Sha1, 5, SHA1.HashData));
#pragma warning restore CA5350, CA5351

    /// <exception cref="StartRefusedException">libcrypto is missing or lacks these functions.</exception>
    public static void RequireLibrary() => _ = Loaded();

    public IRunningHash Start() => new Hash(new OpenSslDigest(Loaded()));

    public IRunningHash? Restore(ReadOnlySpan<byte> state) =>
        OpenSslDigest.Restore(Loaded(), state) is { } digest ? new Hash(digest) : null;

    public IRunningDigest? Start(OldDigest kind) =>
        FunctionsOf(kind) is { } library ? new Old(kind, library, new OpenSslDigest(library)) : null;

    public IRunningDigest? RestoreOld(ReadOnlySpan<byte> state)
    {
        if (state.IsEmpty)
            return null;
        var kind = (OldDigest)state[0];
        return FunctionsOf(kind) is { } library && OpenSslDigest.Restore(library, state) is { } digest
            ? new Old(kind, library, digest)
            : null;
    }

    private static OpenSslFunctions Loaded() => Sha256.Value ?? throw new StartRefusedException(
        "OpenSSL's libcrypto with SHA256_Init, SHA256_Update and SHA256_Final was not found, or lays out its state differently: install "
            + "OpenSSL 3 (Debian: libssl3).");

    private static OpenSslFunctions? FunctionsOf(OldDigest kind) => kind switch
    {
        OldDigest.Md5 => Md5.Value,
        OldDigest.Sha1 => Sha1.Value,
        _ => null,
    };

    private sealed class Hash(OpenSslDigest digest) : IRunningHash
    {
        public long Length => digest.Length;

        public void Append(ReadOnlySpan<byte> bytes) => digest.Append(bytes);

        public Sha256Digest Current()
        {
            Span<byte> bytes = stackalloc byte[Sha256Digest.Length];
            digest.Current(bytes);
            return new Sha256Digest(bytes);
        }

        public byte[] Save() => digest.Save();

        /// <summary>Nothing to free: the state lies in an object.</summary>
        public void Dispose()
        {
        }
    }

    private sealed class Old(OldDigest kind, OpenSslFunctions library, OpenSslDigest digest) : IRunningDigest
    {
        public OldDigest Kind => kind;

        public long Length => digest.Length;

        public void Append(ReadOnlySpan<byte> bytes) => digest.Append(bytes);

        public string Current()
        {
            Span<byte> bytes = stackalloc byte[library.DigestLength];
            digest.Current(bytes);
            return Convert.ToHexStringLower(bytes);
        }

        public byte[] Save() => digest.Save();
    }
}
