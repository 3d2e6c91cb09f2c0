using System.Buffers.Binary;

namespace ChunkUpload.Core.Transfers.Copying;

/// <summary>
/// The digests of the bytes that the destination has accepted: SHA-256 and quickXor in one pass, and SHA-1 or MD5 if the source has no
/// other digest. Their state is saved with each piece.
/// </summary>
internal sealed class TransferDigests : IDisposable
{
    private readonly IRunningHash _sha256;
    private readonly QuickXorHash _quickXor;
    private readonly IRunningDigest? _old;

    private TransferDigests(IRunningHash sha256, QuickXorHash quickXor, IRunningDigest? old) =>
        (_sha256, _quickXor, _old) = (sha256, quickXor, old);

    public long Length => _sha256.Length;

    /// <param name="theirs">The digests that the source has; null if it is not compared.</param>
    public static TransferDigests Start(IRunningHashes hashes, IReadOnlyDictionary<DigestKind, string>? theirs = null) =>
        new(hashes.Start(), new QuickXorHash(), theirs is not null && OldOf(theirs) is { } old ? hashes.Start(old) : null);

    /// <returns>Null when the state is damaged or of another format.</returns>
    public static TransferDigests? Restore(IRunningHashes hashes, ReadOnlySpan<byte> state)
    {
        if (state.Length < sizeof(int))
            return null;
        var length = BinaryPrimitives.ReadInt32LittleEndian(state);
        var whole = sizeof(int) + (long)length + QuickXorHash.StateLength;
        if (length < 0 || state.Length < whole)
            return null;
        var rest = state[(int)whole..];
        var old = rest.IsEmpty ? null : hashes.RestoreOld(rest);
        if (QuickXorHash.Restore(state.Slice(sizeof(int) + length, QuickXorHash.StateLength)) is not { } quickXor
            || hashes.Restore(state.Slice(sizeof(int), length)) is not { } sha256)
            return null;
        if (sha256.Length == quickXor.Length && (rest.IsEmpty || old?.Length == sha256.Length))
            return new TransferDigests(sha256, quickXor, old);
        sha256.Dispose();
        return null;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _sha256.Append(bytes);
        _quickXor.Append(bytes);
        _old?.Append(bytes);
    }

    public byte[] Save()
    {
        var (sha256, quickXor, old) = (_sha256.Save(), _quickXor.Save(), _old?.Save() ?? []);
        var state = new byte[sizeof(int) + sha256.Length + quickXor.Length + old.Length];
        BinaryPrimitives.WriteInt32LittleEndian(state, sha256.Length);
        sha256.CopyTo(state, sizeof(int));
        quickXor.CopyTo(state, sizeof(int) + sha256.Length);
        old.CopyTo(state, sizeof(int) + sha256.Length + quickXor.Length);
        return state;
    }

    public Sha256Digest Sha256() => _sha256.Current();

    /// <summary>
    /// Compares the digests with those of a storage. Returns false if one differs, and null if there is no common one.
    /// </summary>
    /// <param name="by">The digest that agreed, or the one that differs.</param>
    public bool? Matches(IReadOnlyDictionary<DigestKind, string> theirs, out DigestKind by)
    {
        by = DigestKind.Sha256;
        if (theirs.TryGetValue(by, out var sha256))
            return string.Equals(Sha256().ToString(), sha256, StringComparison.OrdinalIgnoreCase);
        by = DigestKind.QuickXor;
        if (theirs.TryGetValue(by, out var quickXor))
            return string.Equals(_quickXor.Current(), quickXor, StringComparison.Ordinal);
        by = _old is { Kind: OldDigest.Sha1 } ? DigestKind.Sha1 : DigestKind.Md5;
        if (_old is not null && theirs.TryGetValue(by, out var old))
            return string.Equals(_old.Current(), old, StringComparison.OrdinalIgnoreCase);
        by = default;
        return null;
    }

    public void Dispose() => _sha256.Dispose();

    private static OldDigest? OldOf(IReadOnlyDictionary<DigestKind, string> theirs) =>
        theirs.ContainsKey(DigestKind.Sha256) || theirs.ContainsKey(DigestKind.QuickXor) ? null
        : theirs.ContainsKey(DigestKind.Sha1) ? OldDigest.Sha1
        : theirs.ContainsKey(DigestKind.Md5) ? OldDigest.Md5 : null;
}
