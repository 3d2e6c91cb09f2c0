using System.Security.Cryptography;
using ChunkUpload.Client;
using ChunkUpload.Client.Age;
using ChunkUpload.Client.Encryption;
using ChunkUpload.Client.Folders;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Client;

/// <summary>Names under the key of a folder, and small files that are encrypted in memory.</summary>
public sealed class SealedFolderTests
{
    private static readonly FolderKey Key = new(Convert.FromHexString("000102030405060708090a0b0c0d0e0f"));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_path_of_the_documentation_is_hidden_as_it_says_and_read_again(bool pads)
    {
        var key = new FolderKey(Key.Bytes, pads);
        var (sender, reader) = (new FolderCipher(null, key), new FolderCipher(null, key));
        var hidden = sender.Hide("photos/plan.txt");
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "encryption.md"));
        Assert.All(hidden.Split('/'), name => Assert.Contains($"| `{name}` |", page, StringComparison.Ordinal));
        Assert.Equal(hidden, sender.Hide("photos/plan.txt"));
        Assert.Equal("photos/plan.txt", reader.Show(hidden));
        Assert.NotEqual(hidden.Split('/')[1], sender.Hide("other/plan.txt").Split('/')[1]);
        Assert.Equal("../a/b", reader.ShowTarget("photos/link", sender.HideTarget("photos/link", "../a/b")));
        Assert.Null(new FolderCipher(null, FolderKey.Create()).Show(hidden));
        Assert.Null(reader.Show("readable/" + hidden.Split('/')[1]));
        Assert.Equal(254, sender.Hide(new string('n', 150)).Length);
        Assert.Throws<TransferException>(() => sender.Hide(new string('n', 151)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16_383)]
    [InlineData(16_384)]
    [InlineData(100_000)]
    public void What_was_sealed_is_opened_whole_and_no_changed_byte_passes(int length)
    {
        var text = RandomNumberGenerator.GetBytes(length);
        var identity = AgeIdentity.Create();
        foreach (var (recipient, own) in ((IContentRecipient, IContentIdentity)[])[(identity.Recipient, identity), (Key, Key)])
        {
            var options = new EncryptionOptions { Recipients = [recipient] };
            var bytes = SealedText.Seal(options, text);
            Assert.Equal(new FolderCipher(options, null).SizeOf(length, isBound: false), bytes.Length);
            Assert.Equal(text, SealedText.Open(bytes, "a", [own]));
            for (var at = 0; at < bytes.Length; at += Math.Max(1, bytes.Length / 97))
            {
                bytes[at] ^= 1;
                Assert.Throws<TransferException>(() => SealedText.Open(bytes, "a", [own]));
                bytes[at] ^= 1;
            }

            Assert.Throws<TransferException>(() => SealedText.Open(bytes.AsMemory(0, bytes.Length - 1), "a", [own]));
            Assert.Throws<TransferException>(() => SealedText.Open(bytes, "a", [AgeIdentity.Create()]));
        }
    }
    [Theory]
    [InlineData("a")]
    [InlineData("photos/2026/plan.txt")]
    public void A_file_is_opened_at_its_path_and_at_no_other(string path)
    {
        var options = new EncryptionOptions { Recipients = [Key] };
        var bytes = SealedText.Seal(options, "text"u8, path);
        Assert.Equal(new FolderCipher(options, null).SizeOf(4, isBound: true), bytes.Length);
        // The folder that was sent may lie below others. Without a place nothing is compared.
        foreach (var place in (string?[])[path, $"above/{path}", $"far/above/{path}", null])
            Assert.Equal("text"u8, SealedText.Open(bytes, "name", [Key], place));
        foreach (var place in (string[])[$"{path}x", $"x{path}", "plan.txt", "2026/plan.txt", $"{path}/b", ""])
            Assert.Equal("other_path", Assert.Throws<TransferException>(() => SealedText.Open(bytes, "name", [Key], place)).Code);
    }

    [Fact]
    public void A_path_is_bound_as_the_documentation_says()
    {
        var key = new ContentKey(Key.Bytes);
        var mac = Convert.ToHexStringLower(BoundPath.Bind(key, "photos/plan.txt").Body.Span);
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "encryption.md"));
        Assert.Contains($"| `{mac}` |", page, StringComparison.Ordinal);
    }
}
