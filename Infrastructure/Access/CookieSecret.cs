using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Options;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>
/// The secret <c>cookie.key</c> in the data directory. It wraps the keys that protect cookies, which are stored in the ledger, so a copy of
/// the ledger is not sufficient to forge a cookie.
/// </summary>
internal sealed class CookieSecret(DataOptions data)
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int SecretBytes = 32;

    private byte[]? _secret;

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetFullPath(data.Directory), "cookie.key");

    /// <param name="mayMake">Whether a missing secret may be created, because no key was wrapped yet.</param>
    /// <exception cref="StartRefusedException">The file is missing or unusable.</exception>
    public void Open(bool mayMake)
    {
        try
        {
            if (Paths.Look(Path) is null)
            {
                if (!mayMake)
                    throw Refused("is missing");
                PrivateFile.Make(Path, Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBytes)) + "\n");
            }

            var text = PrivateFile.Read(Path, "if another user may have read it, remove it and run reset-sessions").Trim();
            var secret = new byte[SecretBytes];
            if (!Convert.TryFromBase64String(text, secret, out var read) || read != SecretBytes)
                throw Refused("does not hold a secret");
            _secret = secret;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException(
                $"The cookie secret cannot be used: {e.Message.TrimEnd('.')}. Make it a plain file that this user can read.", e);
        }
    }

    public CookieSecretLostException Refused(string fault) => new(
        $"{Path} {fault}, and the ledger has keys that only the original file unwraps: restore it from the backup, or run "
            + "reset-sessions, which signs every browser out and loses second factors and the secrets of webhooks.");

    public byte[] Wrap(byte[] plain)
    {
        var wrapped = new byte[NonceBytes + plain.Length + TagBytes];
        var nonce = wrapped.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(Secret, TagBytes);
        aes.Encrypt(nonce, plain, wrapped.AsSpan(NonceBytes, plain.Length), wrapped.AsSpan(NonceBytes + plain.Length));
        return wrapped;
    }

    /// <exception cref="CryptographicException">The key was wrapped with another secret, or was changed.</exception>
    public byte[] Unwrap(byte[] wrapped)
    {
        if (wrapped.Length < NonceBytes + TagBytes)
            throw new CryptographicException("The wrapped key is too short.");
        var plain = new byte[wrapped.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(Secret, TagBytes);
        aes.Decrypt(
            wrapped.AsSpan(0, NonceBytes), wrapped.AsSpan(NonceBytes, plain.Length), wrapped.AsSpan(NonceBytes + plain.Length), plain);
        return plain;
    }

    /// <summary>Derives a secret for this purpose, which is the same for every copy of the file.</summary>
    public byte[] Derive(string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Secret, SecretBytes, info: Encoding.UTF8.GetBytes(purpose));

    private byte[] Secret
    {
        get
        {
            // Commands on the machine run without the service's start.
            if (_secret is null)
                Open(mayMake: false);
            return _secret!;
        }
    }
}

/// <summary><c>cookie.key</c> is missing or is not the one that wrapped the ledger's keys, so they cannot be unwrapped.</summary>
internal sealed class CookieSecretLostException(string sentence) : StartRefusedException(sentence);
