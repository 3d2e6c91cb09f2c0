using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc7748;

namespace ChunkUpload.Client.Age;

/// <summary>A public key of age (<c>age1…</c>): X25519.</summary>
public sealed class AgeRecipient : IContentRecipient
{
    internal const string Prefix = "age";
    internal const string Stanza = "X25519";

    private readonly byte[] _point;

    internal AgeRecipient(byte[] point) => _point = point;

    /// <inheritdoc/>
    public string Id => ToString();

    /// <summary>Reads a public key.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static AgeRecipient Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (prefix, bytes) = Bech32.Decode(text);
        return prefix == Prefix && bytes.Length == X25519.PointSize
            ? new AgeRecipient(bytes)
            : throw new FormatException($"{text} is no public key of age of the kind X25519.");
    }

    /// <inheritdoc/>
    public ContentStanza Wrap(ReadOnlySpan<byte> fileKey)
    {
        var secret = RandomNumberGenerator.GetBytes(X25519.ScalarSize);
        var share = PublicOf(secret);
        var wrapped = KeyWrap.Wrap(
            WrapKey(secret, _point, share, _point) ?? throw new FormatException("This public key is one of no secret."), fileKey);
        return new ContentStanza(Stanza, [Convert.ToBase64String(share).TrimEnd('=')], wrapped);
    }

    /// <summary>The key as age writes it.</summary>
    public override string ToString() => Bech32.Encode(Prefix, _point);

    internal static byte[] PublicOf(byte[] secret)
    {
        var point = new byte[X25519.PointSize];
        X25519.GeneratePublicKey(secret, 0, point, 0);
        return point;
    }

    /// <returns>Null if the point makes the same secret with every key.</returns>
    internal static byte[]? WrapKey(byte[] secret, byte[] other, byte[] share, byte[] recipient)
    {
        var shared = new byte[X25519.PointSize];
        return X25519.CalculateAgreement(secret, 0, other, 0, shared, 0)
            ? HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, 32, [.. share, .. recipient], "age-encryption.org/v1/X25519"u8.ToArray())
            : null;
    }
}

/// <summary>A secret key of age (<c>AGE-SECRET-KEY-1…</c>): it opens what was encrypted for its <see cref="Recipient"/>.</summary>
public sealed class AgeIdentity : IContentIdentity
{
    internal const string Prefix = "age-secret-key-";

    private readonly byte[] _secret;
    private readonly byte[] _point;

    private AgeIdentity(byte[] secret)
    {
        (_secret, _point) = (secret, AgeRecipient.PublicOf(secret));
        Recipient = new AgeRecipient(_point);
    }

    /// <summary>The public key.</summary>
    public AgeRecipient Recipient { get; }

    /// <summary>Makes a new key.</summary>
    public static AgeIdentity Create() => new(RandomNumberGenerator.GetBytes(X25519.ScalarSize));

    /// <summary>Reads a secret key.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static AgeIdentity Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (prefix, bytes) = Bech32.Decode(text);
        return prefix == Prefix && bytes.Length == X25519.ScalarSize
            ? new AgeIdentity(bytes)
            : throw new FormatException("This is no secret key of age of the kind X25519.");
    }

    /// <inheritdoc/>
    public byte[]? Unwrap(IReadOnlyList<ContentStanza> stanzas)
    {
        ArgumentNullException.ThrowIfNull(stanzas);
        byte[]? found = null;
        foreach (var stanza in stanzas.Where(stanza => stanza.Type == AgeRecipient.Stanza))
        {
            if (stanza.Arguments is not [var encoded] || Base64.Decode(encoded) is not { Length: X25519.PointSize } share)
                throw new FormatException("A stanza of the kind X25519 has a wrong share.");
            KeyWrap.CheckLength(stanza.Body.Span);
            var key = AgeRecipient.WrapKey(_secret, share, share, _point) ?? throw new FormatException("A share is one of no secret.");
            found ??= KeyWrap.Unwrap(key, stanza.Body.Span);
        }

        return found;
    }

    /// <summary>The key as age writes it into files. It is secret.</summary>
    public string ToSecretText() => Bech32.Encode(Prefix, _secret).ToUpperInvariant();

    /// <summary>The public key.</summary>
    public override string ToString() => Recipient.ToString();
}
