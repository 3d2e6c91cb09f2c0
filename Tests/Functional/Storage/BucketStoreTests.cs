using Amazon.S3.Model;
using ChunkUpload.Core.Storage;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Infrastructure.Storage.S3;
using ChunkUpload.Tests.Contracts;
using ChunkUpload.Tests.Support;
using static ChunkUpload.Tests.Support.Storage.StoreAssert;

namespace ChunkUpload.Tests.Functional.Storage;

/// <summary>A bucket as a store, against the emulator and its faults.</summary>
public sealed class BucketStoreTests : ReadableStoreContract, IAsyncLifetime
{
    private const int MiB = 1 << 20;

    private static readonly TimeSpan Usual = BucketClient.AnswerTimeout;

    private static readonly Guid Id = new("b0c0e7a1-0001-4000-8000-000000000001");
    private static readonly CancellationToken None = CancellationToken.None;

    private S3Rig _rig = null!;
    private BucketClient _client = null!;
    private BucketStore _store = null!;

    protected override IReadableStore Readable => _store;

    public async Task InitializeAsync()
    {
        _rig = await S3Rig.StartAsync();
        _client = _rig.Client();
        _store = new BucketStore(Id, _client);
        await BucketMarker.New(Id, Guid.NewGuid()).WriteAsync(_client, None);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task A_large_file_is_stored_in_equal_parts_whose_digests_the_bucket_compares()
    {
        _rig.Host.Switches.Set("equalParts", true);
        var bytes = Bytes((70 << 20) + 5);
        var file = await AddAsync(bytes);

        var (_, sha256) = Assert.Single(await _rig.FilesAsync(_client.Folder + "files/"));
        Assert.Equal(Sha256Digest.Of(bytes).ToString(), sha256);
        Assert.Equal((Sha256Digest.Of(bytes), bytes.Length), await _store.HashFromDeviceAsync(file, 0, bytes.Length, None));
        var parts = _rig.Calls("UploadPart");
        Assert.Equal(3, parts.Count);
        Assert.All(parts, part => Assert.True(part.Request.ContainsKey("Content-MD5")));
        Assert.Equal(0, _rig.OpenUploads);
    }

    [Fact]
    public async Task A_bucket_that_stops_answering_is_told_once_and_so_is_its_return()
    {
        var told = new List<string?>();
        using var client = new BucketClient(_rig.Options.Settings, _rig.Options.Key, TimeProvider.System) { Changed = told.Add };
        await ListAsync(Usual);
        Assert.Empty(told);
        _rig.Fail(FaultAction.Hold(), "GET", times: 2);
        for (var attempt = 0; attempt < 3; attempt++)
            await Assert.ThrowsAsync<BucketException>(() => ListAsync(TimeSpan.FromMilliseconds(300)));
        Assert.NotNull(Assert.Single(told));

        await Eventually.HoldsAsync(async () =>
        {
            try
            {
                await ListAsync(Usual);
                return true;
            }
            catch (BucketException)
            {
                return false;
            }
        });
        Assert.Equal([false, true], told.Select(one => one is null));

        Task ListAsync(TimeSpan patience) => client.SendAsync(
            (s3, stop) => s3.ListObjectsV2Async(new ListObjectsV2Request { BucketName = client.Bucket }, stop), None, patience);
    }

    [Fact]
    public async Task Content_that_fails_or_has_another_length_is_not_stored()
    {
        foreach (var length in new[] { 100, (33 << 20) + 1 })
        {
            var bytes = Bytes(length);
            await ThrowsAsync(StoreError.Damaged, () => _store.PutAsync(New(), length, Reading(bytes, fails: true), None));
            await ThrowsAsync(StoreError.Damaged, () => _store.PutAsync(New(), length + 1, Reading(bytes), None));
            await ThrowsAsync(StoreError.Damaged, () => _store.PutAsync(New(), length - 1, Reading(bytes), None));
        }

        Assert.Empty(await _rig.FilesAsync(_client.Folder + "files/"));
        Assert.Equal(0, _rig.OpenUploads);
    }

    [Theory]
    [InlineData(100)]
    [InlineData((33 << 20) + 1)]
    public async Task What_fails_for_a_moment_is_sent_again(int length)
    {
        var bytes = Bytes(length);
        _rig.Fail(FaultAction.Status(503, "SlowDown"), "PUT");
        _rig.Fail(FaultAction.ResetAfter(50), "PUT", nth: 2);
        await _store.PutAsync(New(), length, Reading(bytes), None);
        Assert.Equal(Sha256Digest.Of(bytes).ToString(), Assert.Single(await _rig.FilesAsync(_client.Folder + "files/")).Sha256);

        _rig.Fail(new FaultAction { Kind = "corruptByte", Offset = 20 }, "PUT");
        var damaged = New();
        await _store.PutAsync(damaged, length, Reading(bytes), None);
        Assert.Equal(bytes, await _store.ReadAsync(damaged));
    }

    [Theory]
    [InlineData(500, "InternalError")]
    [InlineData(503, "SlowDown")]
    [InlineData(403, "AccessDenied")]
    public async Task A_refused_write_is_no_file_and_leaves_no_parts(int status, string reason)
    {
        foreach (var length in new[] { 100, (33 << 20) + 1 })
        {
            _rig.Host.Faults.Reset();
            // Of a file in parts, the second one.
            _rig.Fail(FaultAction.Status(status, reason), "PUT", nth: length > 100 ? 2 : 1, times: 0);
            await ThrowsAsync(StoreError.Unreachable, () => _store.PutAsync(New(), length, Reading(Bytes(length)), None));
        }

        Assert.Empty(await _rig.FilesAsync(_client.Folder + "files/"));
        Assert.Equal(0, _rig.OpenUploads);
    }

    [Fact]
    public async Task A_full_bucket_has_no_space()
    {
        _rig.Fail(FaultAction.Status(507, "QuotaExceeded"), "PUT", times: 0);
        await ThrowsAsync(StoreError.NoSpace, () => _store.PutAsync(New(), 3, Reading([1, 2, 3]), None));
    }

    [Fact]
    public async Task An_object_that_was_made_although_the_answer_was_lost_is_stored()
    {
        var bytes = Bytes((33 << 20) + 1);
        _rig.Fail(FaultAction.ResetBeforeReply(), "POST", "uploadId=");
        var file = await AddAsync(bytes);
        Assert.Equal(bytes.Length, _store.Length(file));
    }

    [Fact]
    public async Task An_error_in_a_200_answer_is_a_failure()
    {
        var error = System.Text.Json.JsonSerializer.SerializeToElement(
            "<?xml version=\"1.0\"?><Error><Code>InternalError</Code><Message>We failed.</Message></Error>");
        _rig.Fail(new FaultAction { Kind = "status", Code = 200, Body = error }, "POST", "uploadId=", times: 0);
        var length = (33 << 20) + 1;
        await ThrowsAsync(StoreError.Unreachable, () => _store.PutAsync(New(), length, Reading(Bytes(length)), None));
        Assert.Empty(await _rig.FilesAsync(_client.Folder + "files/"));
        Assert.Equal(0, _rig.OpenUploads);
    }

    [Fact]
    public async Task A_read_that_breaks_off_continues_at_its_byte()
    {
        var bytes = Bytes(5 * MiB);
        var file = await AddAsync(bytes);
        using var reader = _store.OpenRead(file);
        _rig.Fail(FaultAction.ResetAfter(300_000, "response"), "GET", times: 2);
        _rig.Fail(FaultAction.Status(503, "SlowDown"), "GET", nth: 2);
        Assert.Equal(Sha256Digest.Of(bytes), await DigestAsync(reader));
    }

    [Theory]
    [InlineData("truncateRange")]
    [InlineData("ignoreRange")]
    public async Task Another_range_than_was_asked_for_is_no_content(string kind)
    {
        var file = await AddAsync(Bytes(MiB));
        using var reader = _store.OpenRead(file);
        _rig.Fail(new FaultAction { Kind = kind, Bytes = 100 }, "GET", times: 0);
        await ThrowsAsync(StoreError.Unreachable, () => DigestAsync(reader));
    }

    [Fact]
    public async Task A_bucket_that_fails_says_nothing_of_a_file()
    {
        var file = await AddAsync(Bytes(MiB));
        using var reader = _store.OpenRead(file);
        foreach (var action in new[]
        {
            FaultAction.Status(500, "InternalError"), FaultAction.Status(503, "SlowDown"), FaultAction.Status(403, "AccessDenied"),
            FaultAction.Status(404, "NoSuchBucket"), FaultAction.Status(404), FaultAction.ResetAfter(0, "response"),
        })
        {
            _rig.Host.Faults.Reset();
            _rig.Fail(action, "GET", times: 0);
            // The head of an answer that breaks off afterwards is enough for these.
            if (action.Kind == "status")
            {
                Throws(StoreError.Unreachable, () => _store.OpenRead(file));
                Throws(StoreError.Unreachable, () => _store.Length(file));
            }

            await ThrowsAsync(StoreError.Unreachable, () => DigestAsync(reader));
            await ThrowsAsync(StoreError.Unreachable, () => _store.HashFromDeviceAsync(file, 0, 10, None));
        }

        using var away = _rig.Client(_rig.NoAnswer);
        var silent = new BucketStore(Id, away);
        Throws(StoreError.Unreachable, () => silent.OpenRead(file));
        await ThrowsAsync(StoreError.Unreachable, () => silent.DeleteAsync(file, None));
        await ThrowsAsync(StoreError.Unreachable, () => ListAsync(silent));
    }

    [Fact]
    public async Task A_file_that_is_deleted_or_changed_while_it_is_read_is_unreachable()
    {
        var file = await AddAsync(Bytes(5 * MiB));
        using var deleted = _store.OpenRead(file);
        using var changed = _store.OpenRead(file);
        Assert.True(await deleted.ReadAsync(new byte[100], 0, None) > 0);
        await _store.PutAsync(file, 5 * MiB, Reading(Bytes(5 * MiB, seed: 2)), None);
        await ThrowsAsync(StoreError.Unreachable, () => DigestAsync(changed));
        await _store.DeleteAsync(file, None);
        await ThrowsAsync(StoreError.Unreachable, () => deleted.ReadAsync(new byte[100], 3 * MiB, None).AsTask());
        Throws(StoreError.Missing, () => _store.OpenRead(file));
    }

    [Fact]
    public async Task A_bucket_without_its_marker_says_nothing_about_its_files()
    {
        var file = await AddAsync(Bytes(10));
        await _store.DeleteAsync(file, None);
        Assert.Null(_store.Length(file));
        _ = await _client.SendAsync((s3, stop) => s3.DeleteObjectAsync(S3Rig.Bucket, _client.Folder + BucketMarker.Name, stop), None);
        Throws(StoreError.Unreachable, () => _store.OpenRead(file));
        Throws(StoreError.Unreachable, () => _store.Length(file));
        await ThrowsAsync(StoreError.Unreachable, () => _store.HashFromDeviceAsync(file, 0, 10, None));
    }

    [Fact]
    public async Task Deleting_twice_is_harmless()
    {
        var file = await AddAsync(Bytes(10));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _store.DeleteAsync(file, None)));
        await _store.DeleteAsync(file, None);
        Assert.Null(_store.Length(file));
    }

    [Fact]
    public async Task A_list_has_all_pages_and_only_files_of_the_store()
    {
        _rig.Host.Switches.Set("largestPage", 2);
        var files = new List<StoredFile>();
        foreach (var kind in Enum.GetValues<StoredFileKind>())
        {
            var file = StoredFile.New(Id, kind, 7);
            await _store.PutAsync(file, 3, Reading([1, 2, 3]), None);
            files.Add(file);
        }

        await _rig.SeedAsync(
            S3Rig.Object("files of/main/files/7/chunk-no", [1]), S3Rig.Object("files of/main/files/07/" + Name(files[0]), [1]),
            S3Rig.Object("files of/main/files/readme.txt", [1]), S3Rig.Object("elsewhere/files/7/" + Name(files[0]), [1]));
        var unfinished = New();
        var begun = await _client.SendAsync(
            (s3, stop) => s3.InitiateMultipartUploadAsync(S3Rig.Bucket, $"files of/main/files/1/{Name(unfinished)}", stop), None);

        var listed = await ListAsync(_store);
        Assert.Equal(
            files.OrderBy(file => file.Unique),
            listed.Where(one => one.Unfinished is null).Select(one => one.File).OrderBy(file => file.Unique));
        Assert.All(listed.Where(one => one.Unfinished is null), one => Assert.Equal(3, one.Length));
        var left = Assert.Single(listed, one => one.Unfinished is not null);
        Assert.Equal((unfinished, begun.UploadId), (left.File, left.Unfinished));
        await BucketMarker.New(Id, Guid.NewGuid()).WriteAsync(_client, None);
        var now = await _store.NowAsync(None);
        Assert.InRange(left.Modified, now - TimeSpan.FromMinutes(5), now + TimeSpan.FromSeconds(1));

        await _store.DeleteAsync(left, None);
        Assert.Equal(0, _rig.OpenUploads);
    }

    protected override async Task<StoredFile> AddAsync(byte[] bytes)
    {
        var file = New();
        await _store.PutAsync(file, bytes.Length, Reading(bytes), None);
        return file;
    }

    private static StoredFile New() => StoredFile.New(Id, StoredFileKind.Assembly, 1);

    private static string Name(StoredFile file) => $"{file.Kind.ToString().ToLowerInvariant()}-{file.Unique:n}";

    /// <param name="fails">Whether the end says that the bytes are wrong.</param>
    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Reading(byte[] bytes, bool fails = false)
    {
        var block = new byte[MiB - 1];
        for (var at = 0; at < bytes.Length; at += block.Length)
        {
            await Task.Yield();
            var count = Math.Min(block.Length, bytes.Length - at);
            bytes.AsSpan(at, count).CopyTo(block);
            yield return block.AsMemory(0, count);
            // A block is valid until the next one is requested.
            Array.Clear(block);
        }

        if (fails)
            throw new StoreException(StoreError.Damaged, "The bytes are wrong.");
    }

    private static async Task<Sha256Digest> DigestAsync(IStoredFileReader reader)
    {
        using var hash = new Infrastructure.Posix.OpenSslHashes().Start();
        _ = await reader.HashAsync(hash, 0, reader.Length, None);
        return hash.Current();
    }

    private static async Task<List<StoredObject>> ListAsync(BucketStore store)
    {
        var all = new List<StoredObject>();
        await foreach (var one in store.ListAsync(None))
            all.Add(one);
        return all;
    }
}
