// Sends a file as it is and encrypted, reads both back and compares them: CU_KEY=... dotnet run -- SERVICE FILE
using ChunkUpload.Client;
using ChunkUpload.Client.Age;

if (args.Length != 2)
{
    Console.Error.WriteLine("usage: dotnet run -- SERVICE FILE");
    return 2;
}

using var client = new ChunkUploadClient(new()
{
    Service = new Uri(args[0]),
    Key = Environment.GetEnvironmentVariable("CU_KEY"),
});
var content = await File.ReadAllBytesAsync(args[1]);
var path = $"samples/console/{Path.GetFileName(args[1])}";
var progress = new Progress<TransferProgress>(now => Console.Error.WriteLine($"{now.Safe} of {now.Size} bytes are safe"));
await client.UploadFileAsync(args[1], new() { Path = path, Conflict = NameConflict.Replace }, progress);

var identity = AgeIdentity.Create();
await client.UploadFileAsync(
    args[1],
    new() { Path = $"{path}.encrypted", Conflict = NameConflict.Replace, Encryption = new() { Recipients = [identity.Recipient] } });

using var copy = new MemoryStream();
await client.DownloadAsync(path, copy);
using var decrypted = new MemoryStream();
await client.DownloadAsync($"{path}.encrypted", decrypted, new() { Identities = [identity] });
var isSame = copy.ToArray().AsSpan().SequenceEqual(content) && decrypted.ToArray().AsSpan().SequenceEqual(content);
Console.WriteLine($"{path}: {copy.Length} bytes, {(isSame ? "the same" : "different")}");
return isSame ? 0 : 1;
