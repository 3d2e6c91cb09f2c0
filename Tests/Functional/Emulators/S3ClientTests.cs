using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Amazon.S3.Transfer;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Emulators.S3;
using ByteRange = Amazon.S3.Model.ByteRange;

namespace ChunkUpload.Tests.Functional.Emulators;

/// <summary>Tests the S3 emulator with Amazon's own SDK.</summary>
public sealed class S3ClientTests : IAsyncLifetime
{
    private const string Bucket = "judged";

    private EmulatorHost _host = null!;
    private AmazonS3Client _client = null!;

    public async Task InitializeAsync()
    {
        _host = await EmulatorHost.StartAsync(new S3Emulator(), new EmulatorOptions());
        _client = Client();
        await _client.PutBucketAsync(Bucket);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task Objects_are_written_read_copied_listed_and_deleted()
    {
        var key = "a folder/ü%2F+ &<\">.txt";
        await _client.PutObjectAsync(new PutObjectRequest { BucketName = Bucket, Key = key, ContentBody = "hello world" });
        using var part = await _client.GetObjectAsync(
            new GetObjectRequest { BucketName = Bucket, Key = key, ByteRange = new ByteRange(6, 10) });
        using var reader = new StreamReader(part.ResponseStream);
        Assert.Equal("world", await reader.ReadToEndAsync());
        await _client.CopyObjectAsync(Bucket, key, Bucket, "copy.txt");
        var list = await _client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = Bucket, Delimiter = "/" });
        Assert.Equal(["copy.txt"], list.S3Objects.Select(one => one.Key));
        Assert.Equal(["a folder/"], list.CommonPrefixes);
        Assert.Equal("\"5eb63bbbe01eeed093cb22bb8f5acdc3\"", (await _client.GetObjectMetadataAsync(Bucket, "copy.txt")).ETag);
        await _client.DeleteObjectsAsync(
            new DeleteObjectsRequest { BucketName = Bucket, Objects = [new() { Key = key }, new() { Key = "copy.txt" }] });
        Assert.Equal(0, (await _client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = Bucket })).KeyCount);
        await _client.DeleteBucketAsync(Bucket);
        Assert.Empty((await _client.ListBucketsAsync()).Buckets ?? []);
    }

    [Theory]
    [InlineData("CRC32")]
    [InlineData("SHA1")]
    [InlineData("SHA256")]
    public async Task Uploads_by_parts_go_there_and_back_with_their_checksums(string algorithm)
    {
        var bytes = DriveRig.Data((17 << 20) + 1);
        using var transfer = new TransferUtility(_client);
        using var body = new MemoryStream(bytes);
        await transfer.UploadAsync(new TransferUtilityUploadRequest
        {
            BucketName = Bucket,
            Key = "large.bin",
            InputStream = body,
            PartSize = 5 << 20,
            ChecksumAlgorithm = new ChecksumAlgorithm(algorithm),
        });
        using var found = await _client.GetObjectAsync(Bucket, "large.bin");
        var back = new MemoryStream();
        await found.ResponseStream.CopyToAsync(back);
        Assert.Equal(bytes, back.ToArray());
        Assert.EndsWith("-4\"", found.ETag, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AKIAWRONG", null, "InvalidAccessKeyId")]
    [InlineData(null, "wrong", "SignatureDoesNotMatch")]
    public async Task A_wrong_key_and_a_wrong_secret_are_told_apart(string? id, string? secret, string code)
    {
        using var client = Client(id, secret);
        var refused = await Assert.ThrowsAsync<AmazonS3Exception>(
            () => client.PutObjectAsync(new PutObjectRequest { BucketName = Bucket, Key = "a", ContentBody = "x" }));
        Assert.Equal(code, refused.ErrorCode);
    }

    [Fact]
    public async Task Conditions_hold_and_versions_are_kept()
    {
        var first = await _client.PutObjectAsync(
            new PutObjectRequest { BucketName = Bucket, Key = "a", ContentBody = "1", IfNoneMatch = "*" });
        var refused = await Assert.ThrowsAsync<AmazonS3Exception>(
            () => _client.PutObjectAsync(new PutObjectRequest { BucketName = Bucket, Key = "a", ContentBody = "2", IfNoneMatch = "*" }));
        Assert.Equal("PreconditionFailed", refused.ErrorCode);
        Assert.Null(first.VersionId);
        _ = await _host.SeedAsync(new { bucket = "versions", versioning = true });
        var old = await _client.PutObjectAsync(new PutObjectRequest { BucketName = "versions", Key = "a", ContentBody = "old" });
        await _client.PutObjectAsync(new PutObjectRequest { BucketName = "versions", Key = "a", ContentBody = "new" });
        await _client.DeleteObjectAsync("versions", "a");
        using var found = await _client.GetObjectAsync("versions", "a", old.VersionId);
        using var reader = new StreamReader(found.ResponseStream);
        Assert.Equal("old", await reader.ReadToEndAsync());
        await Assert.ThrowsAnyAsync<AmazonS3Exception>(() => _client.GetObjectAsync("versions", "a"));
    }

    [Fact]
    public async Task A_body_that_is_damaged_on_its_way_is_refused()
    {
        _ = _host.Faults.Add(new FaultMatch { Method = "PUT" }, new FaultAction { Kind = "corruptByte", Offset = 200 });
        await Assert.ThrowsAsync<AmazonS3Exception>(() => _client.PutObjectAsync(
            new PutObjectRequest { BucketName = Bucket, Key = "a", ContentBody = new string('x', 1000) }));
        await Assert.ThrowsAnyAsync<AmazonS3Exception>(() => _client.GetObjectMetadataAsync(Bucket, "a"));
    }

    private AmazonS3Client Client(string? id = null, string? secret = null)
    {
        var key = S3Signature.KeyOf(EmulatorOptions.UsualAccounts[0]);
        return new AmazonS3Client(
            new BasicAWSCredentials(id ?? key.Id, secret ?? key.Secret),
            new AmazonS3Config
            {
                ServiceURL = _host.Address,
                ForcePathStyle = true,
                AuthenticationRegion = "us-east-1",
                MaxErrorRetry = 0,
            });
    }
}
