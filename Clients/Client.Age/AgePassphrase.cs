using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Generators;

namespace ChunkUpload.Client.Age;

/// <summary>A passphrase as age uses it, by scrypt. It is the only recipient of a file.</summary>
public sealed class AgePassphrase : IContentRecipient, IContentIdentity
{
    private const string Stanza = "scrypt";
    private const string Label = "age-encryption.org/v1/scrypt";
    private const int SaltSize = 16;
    private const int BlockSize = 8;

    // About a second, and 256 MiB of memory; as age does.
    private const int OwnWork = 18;

    // Foreign files may ask for more, up to about 4 seconds and 1 GiB.
    private const int MostWork = 20;

    // Each takes 256 MiB and more.
    private static readonly Lock OneAtATime = new();

    private readonly byte[] _passphrase;
    private readonly int _work;

    /// <summary>Creates it from the passphrase that a user types.</summary>
    public AgePassphrase(string passphrase)
        : this(passphrase, OwnWork)
    {
    }

    internal AgePassphrase(string passphrase, int work)
    {
        ArgumentException.ThrowIfNullOrEmpty(passphrase);
        (_passphrase, _work) = (Encoding.UTF8.GetBytes(passphrase), work);
    }

    /// <inheritdoc/>
    public string Id => Stanza;

    /// <inheritdoc/>
    public ContentStanza Wrap(ReadOnlySpan<byte> fileKey)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        return new ContentStanza(
            Stanza, [Convert.ToBase64String(salt).TrimEnd('='), _work.ToString(CultureInfo.InvariantCulture)],
            KeyWrap.Wrap(WrapKey(salt, _work), fileKey));
    }

    /// <inheritdoc/>
    public byte[]? Unwrap(IReadOnlyList<ContentStanza> stanzas)
    {
        ArgumentNullException.ThrowIfNull(stanzas);
        if (!stanzas.Any(stanza => stanza.Type == Stanza))
            return null;
        if (stanzas is not [{ Arguments: [var encoded, var number] } only] || Base64.Decode(encoded) is not { Length: SaltSize } salt
            || number.Any(letter => !char.IsAsciiDigit(letter)) || number[0] == '0' || !int.TryParse(number, out var work))
            throw new FormatException("A stanza of the kind scrypt is wrong, or not the only one.");
        if (work > MostWork)
            throw new FormatException($"The passphrase needs a work of 2^{work}, which is more than any person would wait for.");
        KeyWrap.CheckLength(only.Body.Span);
        return KeyWrap.Unwrap(WrapKey(salt, work), only.Body.Span);
    }

    private byte[] WrapKey(byte[] salt, int work)
    {
        lock (OneAtATime)
            return SCrypt.Generate(_passphrase, [.. Encoding.ASCII.GetBytes(Label), .. salt], 1 << work, BlockSize, 1, 32);
    }
}
