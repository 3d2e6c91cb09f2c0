using System.Security.Cryptography;

namespace ChunkUpload.Client.Age;

/// <summary>
/// A public key of age that withstands quantum computers (<c>age1pq1…</c>): ML-KEM-768 and X25519. It stands beside keys of its kind
/// only, because the others would let a quantum computer open the file.
/// </summary>
public sealed class AgeHybridRecipient : IContentRecipient
{
    internal const string Prefix = "age1pq";
    internal const string Stanza = "mlkem768x25519";

    private readonly byte[] _key;

    internal AgeHybridRecipient(byte[] key) => _key = key;

    internal static ReadOnlySpan<byte> Info => "age-encryption.org/mlkem768x25519"u8;

    /// <inheritdoc/>
    public string Id => ToString();

    /// <summary>Reads a public key.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static AgeHybridRecipient Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (prefix, bytes) = Bech32.Decode(text);
        return prefix == Prefix && HybridKem.IsPublicKey(bytes)
            ? new AgeHybridRecipient(bytes)
            : throw new FormatException("This is no public key of age of the kind ML-KEM-768 with X25519.");
    }

    /// <inheritdoc/>
    public ContentStanza Wrap(ReadOnlySpan<byte> fileKey)
    {
        var (encapsulation, key, nonce) = HybridKem.Encapsulate(_key, Info);
        return new ContentStanza(
            Stanza, [Convert.ToBase64String(encapsulation).TrimEnd('=')], KeyWrap.Wrap(key, fileKey, nonce));
    }

    /// <summary>The key as age writes it: 1,959 letters.</summary>
    public override string ToString() => Bech32.Encode(Prefix, _key);
}

/// <summary>
/// A secret key of age that withstands quantum computers (<c>AGE-SECRET-KEY-PQ-1…</c>): it opens what was encrypted for its
/// <see cref="Recipient"/>.
/// </summary>
public sealed class AgeHybridIdentity : IContentIdentity
{
    internal const string Prefix = "age-secret-key-pq-";

    private readonly byte[] _seed;
    private readonly byte[] _key;

    private AgeHybridIdentity(byte[] seed)
    {
        (_seed, _key) = (seed, HybridKem.PublicKeyOf(seed));
        Recipient = new AgeHybridRecipient(_key);
    }

    /// <summary>The public key.</summary>
    public AgeHybridRecipient Recipient { get; }

    /// <summary>Makes a new key.</summary>
    public static AgeHybridIdentity Create() => new(RandomNumberGenerator.GetBytes(HybridKem.SeedSize));

    /// <summary>Reads a secret key.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static AgeHybridIdentity Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (prefix, bytes) = Bech32.Decode(text);
        return prefix == Prefix && bytes.Length == HybridKem.SeedSize
            ? new AgeHybridIdentity(bytes)
            : throw new FormatException("This is no secret key of age of the kind ML-KEM-768 with X25519.");
    }

    /// <inheritdoc/>
    public byte[]? Unwrap(IReadOnlyList<ContentStanza> stanzas)
    {
        ArgumentNullException.ThrowIfNull(stanzas);
        byte[]? found = null;
        foreach (var stanza in stanzas.Where(stanza => stanza.Type == AgeHybridRecipient.Stanza))
        {
            if (stanza.Arguments is not [var encoded]
                || Base64.Decode(encoded) is not { Length: HybridKem.EncapsulationSize } encapsulation)
                throw new FormatException($"A stanza of the kind {AgeHybridRecipient.Stanza} has a wrong share.");
            KeyWrap.CheckLength(stanza.Body.Span);
            var (key, nonce) = HybridKem.Decapsulate(_seed, _key, encapsulation, AgeHybridRecipient.Info);
            found ??= KeyWrap.Unwrap(key, stanza.Body.Span, nonce);
        }

        return found;
    }

    /// <summary>The key as age writes it into files. It is secret.</summary>
    public string ToSecretText() => Bech32.Encode(Prefix, _seed).ToUpperInvariant();

    /// <summary>The public key.</summary>
    public override string ToString() => Recipient.ToString();
}
