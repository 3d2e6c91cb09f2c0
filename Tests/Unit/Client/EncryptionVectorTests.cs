using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ChunkUpload.Client;
using ChunkUpload.Client.Age;
using ChunkUpload.Client.Encryption;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Client;

/// <summary>The vectors of C2SP for its chunked encryption and for headers of age. Their origin: Vectors/README.md.</summary>
public sealed class EncryptionVectorTests
{
    private const string AgeIntro = "age-encryption.org/v1";

    private static readonly string Folder = Path.Combine(Repository.Root, "Tests", "Unit", "Client", "Vectors");

    [Fact]
    public void Each_message_of_wycheproof_opens_or_is_refused_as_it_says()
    {
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "c2sp_chunked_encryption_aes_128_gcm_test.json")));
        var tests = file.RootElement.GetProperty("testGroups").EnumerateArray()
            .SelectMany(group => group.GetProperty("tests").EnumerateArray()).ToList();
        Assert.Equal(file.RootElement.GetProperty("numberOfTests").GetInt32(), tests.Count);
        Assert.True(tests.Count > 30);
        foreach (var test in tests)
        {
            var isValid = test.GetProperty("result").GetString() == "valid";
            var (key, context, message) = (Hex(test, "key"), Hex(test, "ctx"), Inflate(Hex(test, "ct")));
            var text = Open(key, context, message);
            Assert.True(isValid == text is not null, test.GetProperty("comment").GetString());
            if (text is null)
                continue;
            Assert.Equal(test.GetProperty("msgLength").GetInt64(), text.Length);
            Assert.Equal(test.GetProperty("msgSha512").GetString(), Convert.ToHexStringLower(SHA512.HashData(text)));
            Assert.Equal(message, Seal(key, context, message[..ChunkedCipher.SaltSize], text));
        }
    }

    [Fact]
    public void Each_header_of_age_opens_or_is_refused_as_it_says()
    {
        var files = Directory.GetFiles(Path.Combine(Folder, "age"));
        Assert.Equal(81, files.Length);
        foreach (var path in files)
        {
            var bytes = File.ReadAllBytes(path);
            var end = bytes.AsSpan().IndexOf("\n\n"u8);
            var fields = Encoding.UTF8.GetString(bytes, 0, end).Split('\n').Select(line => line.Split(": ", 2)).ToList();
            var expected = fields.Single(field => field[0] == "expect")[1];
            Assert.DoesNotContain(fields, field => field[0] is "armored" or "compressed");
            IContentIdentity[] identities =
            [
                .. fields.Where(field => field[0] == "identity").Select(field => AgeFiles.ParseIdentity(field[1])),
                .. fields.Where(field => field[0] == "passphrase").Select(field => new AgePassphrase(field[1])),
            ];
            Assert.Equal((path, expected is "payload failure" ? "success" : expected), (path, Result()));

            string Result()
            {
                try
                {
                    if (AgeHeader.Read(AgeIntro, bytes.AsMemory(end + 2)) is not { } header)
                        return "header failure";
                    var keys = identities.Select(identity => identity.Unwrap(header.Stanzas));
                    if (keys.FirstOrDefault(key => key is not null) is not { } key)
                        return "no match";
                    if (!header.IsAuthentic(key))
                        return "HMAC failure";
                    Assert.Equal(fields.Single(field => field[0] == "file key")[1], Convert.ToHexStringLower(key));
                    Assert.Equal(
                        bytes.AsSpan(end + 2, header.Length).ToArray(), AgeHeader.Write(AgeIntro, key, header.Stanzas));
                    return "success";
                }
                catch (FormatException)
                {
                    return "header failure";
                }
            }
        }
    }

    [Theory]
    [InlineData("AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX",
        "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj")]
    public void Keys_are_those_of_age(string secret, string recipient)
    {
        var identity = AgeIdentity.Parse(secret);
        Assert.Equal((secret, recipient), (identity.ToSecretText(), identity.Recipient.ToString()));
        Assert.Throws<FormatException>(() => AgeIdentity.Parse(secret.Replace("GFP", "GFQ", StringComparison.Ordinal)));
        Assert.Throws<FormatException>(() => AgeRecipient.Parse(secret));
    }

    [Fact]
    public void Keys_that_withstand_quantum_computers_are_those_of_age()
    {
        const string Secret = "AGE-SECRET-KEY-PQ-1XX76JRALNLXDMEW0CRK45QMCCH4X06SE84UN3VPM33W6HWDX0H3SK3ZQFR";
        var identity = AgeHybridIdentity.Parse(Secret);
        var shown = identity.Recipient.ToString();
        Assert.Equal(Secret, identity.ToSecretText());
        // The digest of the public key that the specification has for this secret one.
        Assert.Equal(
            "a091dd7e0ee9d62b75173dcc98441a0424baa941e66a8776e570a4ae60ff61ea",
            Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(shown))));
        var key = RandomNumberGenerator.GetBytes(ContentKey.Size);
        Assert.Equal(key, identity.Unwrap([AgeHybridRecipient.Parse(shown).Wrap(key)]));
        Assert.Null(AgeHybridIdentity.Create().Unwrap([AgeHybridRecipient.Parse(shown).Wrap(key)]));
        Assert.Throws<FormatException>(() => AgeHybridRecipient.Parse(AgeIdentity.Create().ToString()));
        Assert.Throws<FormatException>(() => AgeIdentity.Parse(Secret));
    }

    [Fact]
    public void A_key_that_withstands_quantum_computers_stands_beside_its_kind_only()
    {
        var hybrid = AgeHybridIdentity.Create().Recipient;
        Assert.Throws<ArgumentException>(
            () => EncryptedFile.Create(new EncryptionOptions { Recipients = [hybrid, AgeIdentity.Create().Recipient] }));
        var both = EncryptedFile.Create(new EncryptionOptions { Recipients = [hybrid, AgeHybridIdentity.Create().Recipient] });
        Assert.InRange(both.HeaderLength, 3000, 3300);
        // What would be written could not be read again.
        Assert.Throws<ArgumentException>(
            () => EncryptedFile.Create(new EncryptionOptions { Recipients = [.. Enumerable.Repeat(hybrid, 45)] }));
    }

    private static byte[]? Open(byte[] key, byte[] context, byte[] message)
    {
        if (key.Length != ContentKey.Size || ChunkedCipher.TextLength(message.Length) is not { } length)
            return null;
        using var cipher = new ChunkedCipher(key, message.AsSpan(0, ChunkedCipher.SaltSize), context);
        if (!cipher.Commitment.AsSpan().SequenceEqual(message.AsSpan(ChunkedCipher.SaltSize, ChunkedCipher.CommitmentSize)))
            return null;
        var text = new byte[length];
        for (var index = 0; index < ChunkedCipher.ChunksOf(length); index++)
        {
            var rest = message.AsSpan(ChunkedCipher.PrefixSize + (index * ChunkedCipher.SealedSize));
            if (!cipher.TryDecrypt(
                index, rest[..Math.Min(ChunkedCipher.SealedSize, rest.Length)], text.AsSpan(index * ChunkedCipher.ChunkSize)))
                return null;
        }

        return text;
    }

    private static byte[] Seal(byte[] key, byte[] context, byte[] salt, byte[] text)
    {
        using var cipher = new ChunkedCipher(key, salt, context);
        var message = new byte[ChunkedCipher.MessageLength(text.Length)];
        salt.CopyTo(message, 0);
        cipher.Commitment.CopyTo(message, salt.Length);
        for (var index = 0; index < ChunkedCipher.ChunksOf(text.Length); index++)
        {
            var rest = text.AsSpan(index * ChunkedCipher.ChunkSize);
            cipher.Encrypt(
                index, rest[..Math.Min(ChunkedCipher.ChunkSize, rest.Length)],
                message.AsSpan(ChunkedCipher.PrefixSize + (index * ChunkedCipher.SealedSize)));
        }

        return message;
    }

    private static byte[] Hex(JsonElement test, string name) => Convert.FromHexString(test.GetProperty(name).GetString()!);

    private static byte[] Inflate(byte[] bytes)
    {
        using var inflater = new ZLibStream(new MemoryStream(bytes), CompressionMode.Decompress);
        using var all = new MemoryStream();
        inflater.CopyTo(all);
        return all.ToArray();
    }
}
