using System.Security.Cryptography;
using ChunkUpload.Client;
using ChunkUpload.Client.Age;
using ChunkUpload.Client.Encryption;
using ChunkUpload.Client.Uploads;

namespace ChunkUpload.Tests.Unit.Client;

/// <summary>What is sent of an encrypted file, and that no nonce meets two texts.</summary>
public sealed class EncryptedSourceTests : IDisposable
{
    private static readonly EncryptionOptions Options = new() { Recipients = [AgeIdentity.Create().Recipient] };

    private readonly string _folder = Directory.CreateTempSubdirectory("cu-encrypted-").FullName;

    private string Text => Path.Combine(_folder, "text");

    private string Digests => Path.Combine(_folder, "digests");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16_383)]
    [InlineData(16_384)]
    [InlineData(262_144)]
    [InlineData(800_001)]
    public async Task Any_range_is_a_part_of_what_the_whole_is(int length)
    {
        var file = EncryptedFile.Create(Options);
        await File.WriteAllBytesAsync(Text, Bytes(length, 1));
        using var local = FileSource.Open(Text);
        using var source = new EncryptedSource(local, file, TextWitness.Create(null, file.Prefix));
        var whole = await ReadAsync(source, 0, (int)source.Size!.Value);
        Assert.Equal(file.LengthOf(length), whole.Length);
        using var stream = new EncryptedStream(new StreamSource(new MemoryStream(Bytes(length, 1))), file);
        Assert.Equal(whole, await ReadAsync(stream, 0, whole.Length + 1));
        var random = new Random(length);
        for (var turn = 0; turn < 200; turn++)
        {
            var from = random.Next(whole.Length);
            var count = Math.Min(whole.Length - from, turn % 2 == 0 ? random.Next(600) : random.Next(70_000));
            Assert.Equal(whole.AsSpan(from, count).ToArray(), await ReadAsync(source, from, count));
        }
    }

    [Fact]
    public async Task A_text_that_differs_from_the_encrypted_one_is_never_encrypted_under_its_key()
    {
        var file = EncryptedFile.Create(Options);
        var bytes = Bytes(1 << 20, 1);
        await File.WriteAllBytesAsync(Text, bytes);
        var modified = File.GetLastWriteTimeUtc(Text);
        using (var local = FileSource.Open(Text))
        using (var source = new EncryptedSource(local, file, TextWitness.Create(Digests, file.Prefix)))
            _ = await ReadAsync(source, 300_000, 100_000);

        // The process ends here; the source changes, though neither its size nor its time says so.
        bytes[262_144 + 10] ^= 1;
        await File.WriteAllBytesAsync(Text, bytes);
        File.SetLastWriteTimeUtc(Text, modified);
        using var again = FileSource.Open(Text);
        using var resumed = new EncryptedSource(again, file, TextWitness.Resume(Digests, file.Prefix)!);
        var failure = await Assert.ThrowsAsync<TransferException>(() => ReadAsync(resumed, 300_000, 100_000));
        Assert.Equal(TransferFailure.SourceChanged, failure.Failure);
        // What was never encrypted may still be what it is.
        Assert.Equal(100, (await ReadAsync(resumed, 700_000, 100)).Length);
    }

    [Fact]
    public async Task Digests_of_another_key_or_of_none_are_not_gone_on_with()
    {
        var (file, other) = (EncryptedFile.Create(Options), EncryptedFile.Create(Options));
        Assert.Null(TextWitness.Resume(Digests, file.Prefix));
        TextWitness.Create(Digests, file.Prefix).Dispose();
        Assert.Null(TextWitness.Resume(Digests, other.Prefix));
        using (Assert.IsType<TextWitness>(TextWitness.Resume(Digests, file.Prefix)))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Digests));
        await File.WriteAllBytesAsync(Digests, [1, 2, 3]);
        Assert.Null(TextWitness.Resume(Digests, file.Prefix));
    }

    [Fact]
    public void A_key_in_the_state_counts_only_for_those_whom_it_was_wrapped_for()
    {
        var state = EncryptedFile.Create(Options).State(null);
        Assert.NotNull(EncryptedFile.Of(state, Options));
        Assert.Null(EncryptedFile.Of(state with { Header = state.Header[..^8] }, Options));
        Assert.Null(EncryptedFile.Of(state with { Key = ContentKey.Create().ToFragment() }, Options));
        var first = new EncryptionOptions { Recipients = [new AgePassphrase("first", 10)] };
        var typed = new EncryptionOptions { Recipients = [new AgePassphrase("another", 10)] };
        var known = EncryptedFile.Create(first).State(null);
        Assert.NotNull(EncryptedFile.Of(known, first));
        Assert.Null(EncryptedFile.Of(known, typed));
    }

    [Fact]
    public void A_name_is_hidden_under_the_key_of_its_file()
    {
        var key = ContentKey.Create();
        var name = string.Concat(Enumerable.Repeat("ä", 75));
        var hidden = EncryptedName.Encrypt(key, name, EncryptedName.NewSalt());
        Assert.InRange(hidden.Length, 1, 255);
        Assert.Equal(name, EncryptedName.Decrypt(key, hidden));
        Assert.Null(EncryptedName.Decrypt(ContentKey.Create(), hidden));
        Assert.Null(EncryptedName.Decrypt(key, "report.pdf"));
        Assert.Throws<TransferException>(() => EncryptedName.Encrypt(key, name + "x", EncryptedName.NewSalt()));
    }

    [Fact]
    public void Names_of_about_one_length_look_alike_and_older_ones_are_still_read()
    {
        var key = ContentKey.Create();
        var lengths = Enumerable.Range(1, 150).Select(length =>
        {
            var name = new string('n', length);
            var hidden = EncryptedName.Encrypt(key, name, EncryptedName.NewSalt());
            Assert.Equal(name, EncryptedName.Decrypt(key, hidden));
            Assert.Equal(name, EncryptedName.Decrypt(key, EncryptedName.Encrypt(key, name, EncryptedName.NewSalt(), isPadded: false)));
            return hidden.Length;
        });
        Assert.Equal(5, lengths.Distinct().Count());
        var (old, padded) = (FolderKey.Create(), new FolderKey(RandomNumberGenerator.GetBytes(FolderKey.Size), pads: true));
        Assert.NotEqual(old.Hide("a", "a").Length, old.Hide("a", "abcdefghij").Length);
        Assert.Equal(padded.Hide("a", "a").Length, padded.Hide("a", "abcdefghij").Length);
        Assert.Equal("a", padded.Show(padded.Hide("a", "a")));
    }

    [Fact]
    public void A_key_is_read_from_the_fragment_of_a_link_and_shown_nowhere()
    {
        var key = ContentKey.Create();
        Assert.Equal(key.ToFragment(), ContentKey.TryParse("#" + key.ToFragment())!.ToFragment());
        Assert.Equal(key.ToFragment(), ContentKey.TryParse("#x=1&" + key.ToFragment())!.ToFragment());
        Assert.Null(ContentKey.TryParse("#key=short"));
        Assert.Null(ContentKey.TryParse("#"));
        Assert.DoesNotContain(key.ToFragment()["key=".Length..], key.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_vector_of_the_documentation_is_what_is_made()
    {
        var key = Convert.FromHexString("000102030405060708090a0b0c0d0e0f");
        var salt = Enumerable.Range(16, ChunkedCipher.SaltSize).Select(value => (byte)value).ToArray();
        using var cipher = new ChunkedCipher(key, salt, EncryptedFile.Context);
        var sealedText = new byte[5 + ChunkedCipher.TagSize];
        cipher.Encrypt(0, "hello"u8, sealedText);
        var page = File.ReadAllText(Path.Combine(Support.Repository.Root, "docs", "encryption.md"));
        Assert.Contains(Convert.ToHexStringLower(cipher.Commitment), page, StringComparison.Ordinal);
        Assert.Contains(Convert.ToHexStringLower(sealedText), page, StringComparison.Ordinal);
        Assert.Contains(EncryptedName.Encrypt(new ContentKey(key), "plan.txt", salt), page, StringComparison.Ordinal);
    }

    private static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static async Task<byte[]> ReadAsync(IUploadSource source, long from, int count)
    {
        var buffer = new byte[count];
        return buffer[..await source.ReadAsync(from, buffer, default)];
    }
}
