using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Client;
using ChunkUpload.Client.Age;
using ChunkUpload.Client.Encryption;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Client;

/// <summary>Local files are opened without a service: those of cu, and genuine ones of age.</summary>
public sealed class LocalDecryptionTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly AgeIdentity _identity = AgeIdentity.Create();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<bool, int> Files
    {
        get
        {
            var files = new TheoryData<bool, int>();
            foreach (var length in (int[])[0, 1, 16 << 10, 64 << 10, (64 << 10) + 1, 300_000])
            {
                files.Add(true, length);
                files.Add(false, length);
            }

            return files;
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task The_text_comes_back_and_no_byte_of_a_damaged_one_gets_the_name(bool isAge, int length)
    {
        var text = RandomNumberGenerator.GetBytes(length);
        var bytes = isAge ? Age(text) : Cu(text);
        var (source, target) = (Write(bytes), Path.Combine(_folder.Path, "target"));
        Assert.Equal(length, await ChunkUploadClient.DecryptFileAsync(source, target, [_identity]));
        Assert.Equal(text, await File.ReadAllBytesAsync(target));
        var there = await Assert.ThrowsAsync<TransferException>(() => ChunkUploadClient.DecryptFileAsync(source, target, [_identity]));
        Assert.Equal(TransferFailure.Conflict, there.Failure);

        bytes[^1] ^= 1;
        await AssertDamagedAsync(Write(bytes));
        await AssertDamagedAsync(Write(bytes[..^1]));
        if (length > 64 << 10)
            await AssertDamagedAsync(Write(bytes[..^(length - (64 << 10) + 16)]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Another_key_and_a_file_in_clear_are_told_apart(bool isAge)
    {
        var wrong = await Assert.ThrowsAsync<TransferException>(
            () => ChunkUploadClient.DecryptAsync(Write(isAge ? Age([1]) : Cu([1])), Stream.Null, [AgeIdentity.Create()]));
        Assert.Equal((TransferFailure.Authentication, "wrong_decryption_key"), (wrong.Failure, wrong.Code));
        var clear = await Assert.ThrowsAsync<TransferException>(
            () => ChunkUploadClient.DecryptAsync(Write([1, 2, 3]), Stream.Null, [_identity]));
        Assert.Equal((TransferFailure.Refused, "not_encrypted"), (clear.Failure, clear.Code));
        var armored = await Assert.ThrowsAsync<TransferException>(() => ChunkUploadClient.DecryptAsync(
            Write("-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n"u8.ToArray()), Stream.Null, [_identity]));
        Assert.Contains("age -d", armored.Message, StringComparison.Ordinal);
    }

    /// <summary>Written as c2sp.org/age describes it, apart from the code that reads it.</summary>
    private byte[] Age(byte[] text)
    {
        var key = ContentKey.Create();
        var header = AgeHeader.Write("age-encryption.org/v1", key.Bytes, [_identity.Recipient.Wrap(key.Bytes)]);
        var salt = RandomNumberGenerator.GetBytes(16);
        var payload = new byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key.Bytes, payload, salt, Encoding.ASCII.GetBytes("payload"));
        using var cipher = new ChaCha20Poly1305(payload);
        var result = new List<byte>([.. header, .. salt]);
        const int Chunk = 64 << 10;
        for (var at = 0; at == 0 || at < text.Length; at += Chunk)
        {
            var part = text[at..Math.Min(at + Chunk, text.Length)];
            var nonce = new byte[12];
            nonce[10] = (byte)(at / Chunk);
            nonce[11] = at + Chunk >= text.Length ? (byte)1 : (byte)0;
            var (sealedPart, tag) = (new byte[part.Length], new byte[16]);
            cipher.Encrypt(nonce, part, sealedPart, tag);
            result.AddRange([.. sealedPart, .. tag]);
        }

        return [.. result];
    }

    private byte[] Cu(byte[] text) => SealedText.Seal(new EncryptionOptions { Recipients = [_identity.Recipient] }, text);

    private async Task AssertDamagedAsync(string source)
    {
        var target = Path.Combine(_folder.Path, "damaged");
        var failure = await Assert.ThrowsAsync<TransferException>(() => ChunkUploadClient.DecryptFileAsync(source, target, [_identity]));
        Assert.Equal(TransferFailure.Checksum, failure.Failure);
        Assert.False(File.Exists(target));
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.cu-part"));
    }

    private string Write(byte[] bytes)
    {
        var path = Path.Combine(_folder.Path, Guid.NewGuid().ToString("n"));
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
