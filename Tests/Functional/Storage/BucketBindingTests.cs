using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Storage.S3;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Functional.Storage;

/// <summary>A bucket and its ledger belong together, and a start says why it does not use a bucket.</summary>
public sealed class BucketBindingTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const string Marker = "files of/main/" + BucketMarker.Name;

    private static readonly CancellationToken None = CancellationToken.None;

    private readonly List<IAsyncDisposable> _open = [];
    private S3Rig _rig = null!;
    private LedgerDatabase _ledger = null!;

    public async Task InitializeAsync()
    {
        _rig = await S3Rig.StartAsync();
        _ledger = await LedgerAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var one in _open)
            await one.DisposeAsync();
        await _rig.DisposeAsync();
    }

    [Theory]
    [InlineData("known")]
    [InlineData("ignored")]
    [InlineData("refused")]
    public async Task The_first_start_marks_the_bucket_and_the_next_ones_find_it(string conditions)
    {
        _rig.Host.Switches.Set("conditions", conditions);
        var first = await StartAsync();
        Assert.Equal([Marker], (await _rig.FilesAsync()).Select(one => one.Path));
        Assert.Equal(first, await StartAsync());
        Assert.Equal([("bucket", first)], await StoresAsync());
    }

    [Fact]
    public async Task Nodes_that_begin_at_once_agree_on_the_store()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => StartAsync()));
        Assert.Single(all.Distinct());
        Assert.Single(await StoresAsync());
    }

    [Fact]
    public async Task Nothing_is_done_without_a_bucket()
    {
        var stores = new OtherStores();
        await Binding(new BucketOptions(), stores).StartAsync(None);
        Assert.Null(stores.Shared);
        Assert.Empty(await StoresAsync());
    }

    [Fact]
    public async Task The_bucket_of_another_ledger_is_refused()
    {
        _ = await StartAsync();
        _ledger = await LedgerAsync();
        await using (var connection = await _ledger.OpenConnectionAsync(None))
        {
            // The databases of tests are copies of one.
            _ = await connection.ExecuteAsync("update ledger set id = gen_random_uuid()");
        }

        Assert.Contains("belongs to the ledger", await RefusalAsync(), StringComparison.Ordinal);
        Assert.Empty(await StoresAsync());

        // Another folder of the same bucket is another store.
        var other = _rig.Options;
        other.Folder = "second";
        _ = await StartAsync(other);
    }

    [Fact]
    public async Task Another_bucket_than_the_one_with_the_files_is_refused()
    {
        var id = await StartAsync();
        await NameFileAsync(id);
        var other = _rig.Options;
        other.Folder = null;
        Assert.Contains("The ledger names files in the bucket", await RefusalAsync(other), StringComparison.Ordinal);
        Assert.Equal(id, await StartAsync());
    }

    [Fact]
    public async Task A_marker_that_cannot_be_read_is_refused()
    {
        await _rig.SeedAsync(S3Rig.Object(Marker, "no json"u8.ToArray()));
        Assert.Contains("not readable", await RefusalAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("key", "does not know the access key")]
    [InlineData("secret", "secret does not belong")]
    [InlineData("region", "It is in the region us-east-1: set Storage:S3:Region")]
    [InlineData("bucket", "no bucket of this name")]
    [InlineData("skew", "clocks")]
    [InlineData("denied", "may not do this")]
    [InlineData("silent", "must at the first start")]
    public async Task A_bucket_that_refuses_is_named_with_its_reason(string fault, string sentence)
    {
        var options = _rig.Options;
        switch (fault)
        {
            case "key":
                options.AccessKeyId = "AKIANOBODY";
                break;
            case "secret":
                options.SecretAccessKey = "wrong";
                break;
            case "region":
                options.Region = "eu-central-1";
                break;
            case "bucket":
                options.Bucket = "nothing-here";
                break;
            case "skew":
                _rig.Host.Clock.Advance(TimeSpan.FromHours(1));
                break;
            case "denied":
                _rig.Host.Switches.Set("deny", "GetObject");
                break;
            default:
                options = _rig.NoAnswer;
                break;
        }

        Assert.Contains(sentence, await RefusalAsync(options), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_known_bucket_that_does_not_answer_is_waited_for()
    {
        var id = await StartAsync();
        _rig.Fail(FaultAction.Status(503, "SlowDown"), "GET", times: 0);
        var stores = new OtherStores();
        var binding = Binding(_rig.Options, stores);
        await binding.StartAsync(None);
        Assert.Null(stores.Shared);
        Assert.NotNull(stores.Bucket!.Trouble);

        _rig.Host.Faults.Reset();
        await binding.BindAsync(None);
        Assert.Equal(id, stores.Shared!.Id);
        Assert.Null(stores.Bucket!.Trouble);
        await binding.StopAsync(None);
        Assert.Null(stores.Shared);
    }

    [Theory]
    [InlineData("broken")]
    [InlineData("denied")]
    [InlineData("emptied")]
    public async Task A_bucket_that_cannot_be_used_any_more_is_noted_until_it_can(string fault)
    {
        var stores = new OtherStores();
        using var binding = Binding(_rig.Options, stores);
        await binding.StartAsync(None);
        await binding.CheckAsync(None);
        Assert.Equal((null, "box/files of/main"), (stores.Bucket!.Trouble, stores.Bucket.Name.Split(" at ")[0]));

        if (fault == "broken")
            _ = _rig.Fail(FaultAction.ResetBeforeReply(), "GET", times: 0);
        else if (fault == "denied")
            _rig.Host.Switches.Set("deny", "GetObject");
        else
            _ = _rig.Fail(FaultAction.Status(404, "NoSuchKey"), "GET", times: 0);
        await binding.CheckAsync(None);
        var gone = stores.Bucket;
        Assert.NotEmpty(gone!.Trouble!);
        await binding.CheckAsync(None);
        Assert.Equal(gone.Since, stores.Bucket!.Since);

        _rig.Host.Faults.Reset();
        _rig.Host.Switches.Set("deny", "");
        await Eventually.HoldsAsync(async () =>
        {
            await binding.CheckAsync(None);
            return stores.Bucket!.Trouble is null;
        });
        Assert.True(stores.Bucket!.Since > gone.Since);
        await binding.StopAsync(None);
    }

    [Fact]
    public async Task A_bucket_that_is_gone_is_noted_with_the_first_reason()
    {
        var stores = new OtherStores();
        using var binding = Binding(_rig.Options, stores);
        await binding.StartAsync(None);
        await _rig.DisposeAsync();
        _rig = await S3Rig.StartAsync();
        await binding.CheckAsync(None);
        Assert.Contains("refused", stores.Bucket!.Trouble, StringComparison.Ordinal);
        await binding.CheckAsync(None);
        Assert.Contains("refused", stores.Bucket!.Trouble, StringComparison.Ordinal);
        await binding.StopAsync(None);
    }

    [Theory]
    [InlineData(null, null, null, "id", "Storage:S3:Bucket")]
    [InlineData("box", null, null, "id", "Storage:S3:Region")]
    [InlineData("x", "https://s3.example.org", null, "id", "Storage:S3:Bucket")]
    [InlineData("box", "ftp://s3.example.org", null, "id", "Storage:S3:Endpoint")]
    [InlineData("box", "https://s3.example.org", "a//b", "id", "Storage:S3:Folder")]
    [InlineData("box", "https://s3.example.org", "a", null, "Storage:S3:AccessKeyId")]
    public void Settings_that_cannot_be_used_are_named(string? bucket, string? endpoint, string? folder, string? key, string name)
    {
        var options = new BucketOptions
        {
            Bucket = bucket,
            Endpoint = endpoint,
            Folder = folder,
            AccessKeyId = key,
            SecretAccessKey = "secret",
        };
        Assert.Contains(options.Validate(new(options)), one => one.ErrorMessage!.Contains(name, StringComparison.Ordinal));
    }

    [Fact]
    public void To_receive_into_a_bucket_needs_one_and_some_memory()
    {
        var options = new BucketOptions { Receive = true };
        Assert.Contains("Storage:S3:Bucket", Assert.Single(options.Validate(new(options))).ErrorMessage, StringComparison.Ordinal);
        var small = _rig.Options;
        (small.Receive, small.Memory) = (true, 1 << 20);
        var faults = new List<ValidationResult>();
        Assert.False(Validator.TryValidateObject(small, new ValidationContext(small), faults, validateAllProperties: true));
        Assert.Equal([nameof(BucketOptions.Memory)], faults.SelectMany(one => one.MemberNames));
    }

    private async Task<LedgerDatabase> LedgerAsync()
    {
        var ledger = await postgres.CreateLedgerAsync();
        _open.Add(ledger);
        return ledger;
    }

    private BucketBinding Binding(BucketOptions options, OtherStores stores) =>
        new(options, _ledger, stores, TimeProvider.System, NullLogger<BucketBinding>.Instance);

    private async Task<Guid> StartAsync(BucketOptions? options = null)
    {
        var stores = new OtherStores();
        using var binding = Binding(options ?? _rig.Options, stores);
        await binding.StartAsync(None);
        return stores.Shared!.Id;
    }

    private async Task<string> RefusalAsync(BucketOptions? options = null)
    {
        using var binding = Binding(options ?? _rig.Options, new OtherStores());
        return (await Assert.ThrowsAsync<StartRefusedException>(() => binding.StartAsync(None))).Message;
    }

    private async Task<IReadOnlyList<(string Kind, Guid Id)>> StoresAsync()
    {
        await using var connection = await _ledger.OpenConnectionAsync(None);
        return [.. await connection.QueryAsync<(string, Guid)>("select kind, id from stores")];
    }

    private async Task NameFileAsync(Guid store)
    {
        await using var connection = await _ledger.OpenConnectionAsync(None);
        _ = await connection.ExecuteAsync(
            """
            insert into stored_files (id, upload_id, kind, incarnation, store)
            values (gen_random_uuid(), gen_random_uuid(), 3, 1, @Store)
            """,
            new { Store = store });
    }
}
