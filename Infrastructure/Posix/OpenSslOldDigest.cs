using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>One MD5 or SHA-1 in progress, by libcrypto.</summary>
/// <remarks>
/// The saved state has, all numbers big-endian: the kind (1), number of hashed bytes (8), the working words (16 or 20), the bytes of the
/// incomplete block (0 to 63), and as a checksum the first eight bytes of the SHA-256 of all this.
/// </remarks>
internal sealed unsafe class OpenSslOldDigest : IRunningDigest
{
    private const int BlockSize = 64;
    private const int Checksum = 8;
    private const long MaxLength = long.MaxValue >> 3;

    private static readonly Lazy<Functions?> Md5 = new(() => Load(OldDigest.Md5, "MD5", 4));
    private static readonly Lazy<Functions?> Sha1 = new(() => Load(OldDigest.Sha1, "SHA1", 5));

    private readonly Functions _library;
    private Context _context;

    private OpenSslOldDigest(Functions library) => _library = library;

    public OldDigest Kind => _library.Kind;

    public long Length { get; private set; }

    /// <summary>Null: libcrypto lacks it, or lays out its state differently.</summary>
    public static OpenSslOldDigest? Start(OldDigest kind) => FunctionsOf(kind) is { } library ? Start(library) : null;

    public static OpenSslOldDigest? Restore(ReadOnlySpan<byte> state) =>
        state.Length > 0 && FunctionsOf((OldDigest)state[0]) is { } library ? Restore(library, state) : null;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Length, MaxLength - bytes.Length, nameof(bytes));
        fixed (Context* context = &_context)
        fixed (byte* start = bytes)
            Require(_library.Update(context, start, (nuint)bytes.Length));
        Length += bytes.Length;
    }

    public string Current()
    {
        // Finish a copy, so that it can continue.
        var copy = _context;
        Span<byte> digest = stackalloc byte[_library.Words * sizeof(uint)];
        fixed (byte* bytes = digest)
            Require(_library.Final(bytes, &copy));
        return Convert.ToHexStringLower(digest);
    }

    public byte[] Save()
    {
        var filled = (int)(Length % BlockSize);
        var header = HeaderOf(_library);
        var state = new byte[header + filled + Checksum];
        state[0] = (byte)Kind;
        BinaryPrimitives.WriteInt64BigEndian(state.AsSpan(1), Length);
        var words = MemoryMarshal.Cast<byte, uint>(Bytes(ref _context));
        for (var i = 0; i < _library.Words; i++)
            BinaryPrimitives.WriteUInt32BigEndian(state.AsSpan(9 + (i * sizeof(uint))), words[i]);
        BlockOf(ref _context, _library)[..filled].CopyTo(state.AsSpan(header));
        ChecksumOf(state.AsSpan(0, header + filled)).CopyTo(state.AsSpan(header + filled));
        return state;
    }

    private static OpenSslOldDigest Start(Functions library)
    {
        var made = new OpenSslOldDigest(library);
        fixed (Context* context = &made._context)
            Require(library.Init(context));
        return made;
    }

    private static OpenSslOldDigest? Restore(Functions library, ReadOnlySpan<byte> state)
    {
        var header = HeaderOf(library);
        if (state.Length < header + Checksum)
            return null;
        var length = BinaryPrimitives.ReadInt64BigEndian(state[1..]);
        var filled = (int)(length % BlockSize);
        if (length is < 0 or > MaxLength || state.Length != header + filled + Checksum
            || !state[^Checksum..].SequenceEqual(ChecksumOf(state[..^Checksum])))
            return null;
        var made = Start(library);
        made.Length = length;
        // The words, the number of bits, low word first, the block, and how much of it is filled.
        var words = MemoryMarshal.Cast<byte, uint>(Bytes(ref made._context));
        for (var i = 0; i < library.Words; i++)
            words[i] = BinaryPrimitives.ReadUInt32BigEndian(state[(9 + (i * sizeof(uint)))..]);
        var bits = (ulong)length << 3;
        (words[library.Words], words[library.Words + 1]) = ((uint)bits, (uint)(bits >> 32));
        words[library.Words + 2 + (BlockSize / sizeof(uint))] = (uint)filled;
        state.Slice(header, filled).CopyTo(BlockOf(ref made._context, library));
        return made;
    }

    private static Functions? FunctionsOf(OldDigest kind) => kind switch
    {
        OldDigest.Md5 => Md5.Value,
        OldDigest.Sha1 => Sha1.Value,
        _ => null,
    };

    private static Functions? Load(OldDigest kind, string prefix, int words)
    {
        foreach (var name in OpenSslHashes.Names)
        {
            if (!NativeLibrary.TryLoad(name, out var library))
                continue;
            if (NativeLibrary.TryGetExport(library, prefix + "_Init", out var init)
                && NativeLibrary.TryGetExport(library, prefix + "_Update", out var update)
                && NativeLibrary.TryGetExport(library, prefix + "_Final", out var final))
            {
                var functions = new Functions(kind, words, init, update, final);
                if (StateIsUnderstood(functions))
                    return functions;
            }

            NativeLibrary.Free(library);
        }

        return null;
    }

    private static bool StateIsUnderstood(Functions library)
    {
        // Split after whole blocks and an incomplete one, with enough bytes left to complete it.
        var bytes = new byte[3 * BlockSize];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(i * 7);
        const int split = (2 * BlockSize) + 17;
        try
        {
            var first = Start(library);
            first.Append(bytes.AsSpan(0, split));
            var second = Restore(library, first.Save());
            second?.Append(bytes.AsSpan(split));
            return first.Current() == Whole(library.Kind, bytes.AsSpan(0, split)) && second?.Current() == Whole(library.Kind, bytes);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

#pragma warning disable CA5350, CA5351 // Storages name these digests; they protect nothing here.
    private static string Whole(OldDigest kind, ReadOnlySpan<byte> bytes) =>
        Convert.ToHexStringLower(kind == OldDigest.Md5 ? MD5.HashData(bytes) : SHA1.HashData(bytes));
#pragma warning restore CA5350, CA5351

    private static int HeaderOf(Functions library) => 1 + sizeof(long) + (library.Words * sizeof(uint));

    private static Span<byte> Bytes(ref Context context) => MemoryMarshal.AsBytes(new Span<Context>(ref context));

    private static Span<byte> BlockOf(ref Context context, Functions library) =>
        Bytes(ref context).Slice((library.Words + 2) * sizeof(uint), BlockSize);

    private static ReadOnlySpan<byte> ChecksumOf(ReadOnlySpan<byte> state) => SHA256.HashData(state).AsSpan(0, Checksum);

    private static void Require(int answer)
    {
        if (answer != 1)
            throw new CryptographicException("A digest of libcrypto failed.");
    }

    /// <summary>MD5_CTX (92 bytes) or SHA_CTX (96 bytes), with room for a larger one.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    private struct Context
    {
        private uint _first;
    }

    /// <summary>The functions return 1 on success.</summary>
    private sealed class Functions(OldDigest kind, int words, nint init, nint update, nint final)
    {
        public readonly delegate* unmanaged<Context*, int> Init = (delegate* unmanaged<Context*, int>)init;
        public readonly delegate* unmanaged<Context*, byte*, nuint, int> Update =
            (delegate* unmanaged<Context*, byte*, nuint, int>)update;
        public readonly delegate* unmanaged<byte*, Context*, int> Final = (delegate* unmanaged<byte*, Context*, int>)final;

        public OldDigest Kind => kind;

        public int Words => words;
    }
}
