using System.Runtime.InteropServices;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>Digests of libcrypto. Unlike IncrementalHash, their state can be saved and restored, at the same speed.</summary>
internal sealed unsafe class OpenSslHashes : IRunningHashes
{
    // .NET itself loads libcrypto, in the version that the system has.
    internal static readonly string[] Names = ["libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so"];

    private static readonly Lazy<Functions?> Library = new(Load);

    /// <exception cref="StartRefusedException">libcrypto is missing or lacks these functions.</exception>
    public static void RequireLibrary() => _ = Loaded();

    public IRunningHash Start() => OpenSslSha256.Start(Loaded());

    public IRunningHash? Restore(ReadOnlySpan<byte> state) => OpenSslSha256.Restore(Loaded(), state);

    public IRunningDigest? Start(OldDigest kind) => OpenSslOldDigest.Start(kind);

    public IRunningDigest? RestoreOld(ReadOnlySpan<byte> state) => OpenSslOldDigest.Restore(state);

    private static Functions Loaded() => Library.Value ?? throw new StartRefusedException(
        "OpenSSL's libcrypto with SHA256_Init, SHA256_Update and SHA256_Final was not found, or lays out its state differently: install "
            + "OpenSSL 3 (Debian: libssl3).");

    private static Functions? Load()
    {
        foreach (var name in Names)
        {
            if (!NativeLibrary.TryLoad(name, out var library))
                continue;
            if (NativeLibrary.TryGetExport(library, "SHA256_Init", out var init) &&
                NativeLibrary.TryGetExport(library, "SHA256_Update", out var update) &&
                NativeLibrary.TryGetExport(library, "SHA256_Final", out var final))
            {
                var functions = new Functions(init, update, final);
                if (OpenSslSha256.StateIsUnderstood(functions))
                    return functions;
            }

            NativeLibrary.Free(library);
        }

        return null;
    }

    /// <summary>The functions return 1 on success.</summary>
    internal sealed class Functions(nint init, nint update, nint final)
    {
        public readonly delegate* unmanaged<Sha256Context*, int> Init = (delegate* unmanaged<Sha256Context*, int>)init;
        public readonly delegate* unmanaged<Sha256Context*, byte*, nuint, int> Update =
            (delegate* unmanaged<Sha256Context*, byte*, nuint, int>)update;
        public readonly delegate* unmanaged<byte*, Sha256Context*, int> Final = (delegate* unmanaged<byte*, Sha256Context*, int>)final;
    }
}

/// <summary>SHA256_CTX of OpenSSL 1.x and 3.x: 112 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Sha256Context
{
    public const int Words = 8;
    public const int BlockSize = 64;

    /// <summary>The eight working words.</summary>
    public fixed uint H[Words];

    /// <summary>The number of hashed bits, low word first.</summary>
    public uint BitsLow, BitsHigh;

    /// <summary>The bytes of the incomplete block.</summary>
    public fixed byte Block[BlockSize];

    /// <summary>How many bytes the incomplete block has.</summary>
    public uint Filled;

    public uint DigestLength;

    // Room for a libcrypto with a larger state: the check at start runs it once before it refuses it.
    private fixed byte _spare[144];
}
