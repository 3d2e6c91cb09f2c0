using System.Buffers.Binary;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Transfers;

/// <summary>
/// The digests of the bytes that the destination has accepted: SHA-256 and quickXor in one pass. Their state is saved with each piece.
/// </summary>
internal sealed class TransferDigests : IDisposable
{
    private readonly IRunningHash _sha256;
    private readonly QuickXorHash _quickXor;

    private TransferDigests(IRunningHash sha256, QuickXorHash quickXor) => (_sha256, _quickXor) = (sha256, quickXor);

    public long Length => _sha256.Length;

    public static TransferDigests Start(IRunningHashes hashes) => new(hashes.Start(), new QuickXorHash());

    /// <returns>Null when the state is damaged or of another format.</returns>
    public static TransferDigests? Restore(IRunningHashes hashes, ReadOnlySpan<byte> state)
    {
        if (state.Length < sizeof(int))
            return null;
        var length = BinaryPrimitives.ReadInt32LittleEndian(state);
        if (length < 0 || state.Length != sizeof(int) + length + QuickXorHash.StateLength
            || QuickXorHash.Restore(state[(sizeof(int) + length)..]) is not { } quickXor
            || hashes.Restore(state.Slice(sizeof(int), length)) is not { } sha256)
            return null;
        if (sha256.Length == quickXor.Length)
            return new TransferDigests(sha256, quickXor);
        sha256.Dispose();
        return null;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _sha256.Append(bytes);
        _quickXor.Append(bytes);
    }

    public byte[] Save()
    {
        var (sha256, quickXor) = (_sha256.Save(), _quickXor.Save());
        var state = new byte[sizeof(int) + sha256.Length + quickXor.Length];
        BinaryPrimitives.WriteInt32LittleEndian(state, sha256.Length);
        sha256.CopyTo(state, sizeof(int));
        quickXor.CopyTo(state, sizeof(int) + sha256.Length);
        return state;
    }

    public Sha256Digest Sha256() => _sha256.Current();

    /// <summary>
    /// Compares with the digests that a storage has. False: one differs. Null: it has none that is known here.
    /// </summary>
    /// <param name="by">The digest that agreed, or the one that differs.</param>
    public bool? Matches(IReadOnlyDictionary<DigestKind, string> theirs, out DigestKind by)
    {
        foreach (var (kind, ours) in (ReadOnlySpan<(DigestKind, string)>)
            [(DigestKind.Sha256, Sha256().ToString()), (DigestKind.QuickXor, _quickXor.Current())])
        {
            by = kind;
            if (!theirs.TryGetValue(kind, out var other))
                continue;
            return string.Equals(ours, other, kind == DigestKind.Sha256 ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);
        }

        by = default;
        return null;
    }

    public void Dispose() => _sha256.Dispose();
}
