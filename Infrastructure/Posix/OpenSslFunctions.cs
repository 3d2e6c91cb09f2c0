using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>One digest of libcrypto: its functions, and what its state has.</summary>
internal sealed unsafe class OpenSslFunctions
{
    public const int BlockSize = 64;

    // .NET itself loads libcrypto, in the version that the system has.
    private static readonly string[] Names = ["libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so"];

    // The functions return 1 on success.
    public readonly delegate* unmanaged<OpenSslContext*, int> Init;
    public readonly delegate* unmanaged<OpenSslContext*, byte*, nuint, int> Update;
    public readonly delegate* unmanaged<byte*, OpenSslContext*, int> Final;

    private OpenSslFunctions(byte mark, int words, nint init, nint update, nint final)
    {
        (Mark, Words) = (mark, words);
        Init = (delegate* unmanaged<OpenSslContext*, int>)init;
        Update = (delegate* unmanaged<OpenSslContext*, byte*, nuint, int>)update;
        Final = (delegate* unmanaged<byte*, OpenSslContext*, int>)final;
    }

    /// <summary>The first byte of a saved state.</summary>
    public byte Mark { get; }

    /// <summary>The number of working words; a digest is as long as they are.</summary>
    public int Words { get; }

    public int DigestLength => Words * sizeof(uint);

    /// <param name="whole">The digest of .NET, with which the states are tried.</param>
    /// <returns>Null if libcrypto is missing, lacks the digest, or lays out its state differently.</returns>
    public static OpenSslFunctions? Load(string prefix, byte mark, int words, Func<byte[], byte[]> whole)
    {
        foreach (var name in Names)
        {
            if (!NativeLibrary.TryLoad(name, out var library))
                continue;
            if (NativeLibrary.TryGetExport(library, prefix + "_Init", out var init)
                && NativeLibrary.TryGetExport(library, prefix + "_Update", out var update)
                && NativeLibrary.TryGetExport(library, prefix + "_Final", out var final))
            {
                var functions = new OpenSslFunctions(mark, words, init, update, final);
                if (functions.StateIsUnderstood(whole))
                    return functions;
            }

            NativeLibrary.Free(library);
        }

        return null;
    }

    /// <summary>Returns whether this libcrypto lays out its state as <see cref="OpenSslDigest"/> saves and restores it.</summary>
    private bool StateIsUnderstood(Func<byte[], byte[]> whole)
    {
        // Split after whole blocks and an incomplete one, with enough bytes left to complete it.
        var bytes = new byte[3 * BlockSize];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(i * 7);
        const int split = (2 * BlockSize) + 17;
        try
        {
            var first = new OpenSslDigest(this);
            first.Append(bytes.AsSpan(0, split));
            var second = OpenSslDigest.Restore(this, first.Save());
            second?.Append(bytes.AsSpan(split));
            return second is not null && Current(first).SequenceEqual(whole(bytes[..split])) && Current(second).SequenceEqual(whole(bytes));
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private ReadOnlySpan<byte> Current(OpenSslDigest digest)
    {
        var bytes = new byte[DigestLength];
        digest.Current(bytes);
        return bytes;
    }
}

/// <summary>
/// MD5_CTX, SHA_CTX or SHA256_CTX of OpenSSL 1.x and 3.x, 92 to 112 bytes: the working words, the number of hashed bits (low word first),
/// the incomplete block, and how many bytes it has. With room for a libcrypto with a larger state: the check at start runs it once before
/// it refuses it.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
internal struct OpenSslContext
{
    private uint _first;
}
