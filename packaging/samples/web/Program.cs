// An application whose visitors upload files to ChunkUpload. The key stays on the server: a visitor gets a link that takes ten files in an
// hour, and the browser sends the files to the service directly.
using ChunkUpload.Client;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddChunkUploadClient(_ => new()
{
    Service = new Uri(builder.Configuration["ChunkUpload:Service"] ?? throw new InvalidOperationException("Set ChunkUpload:Service.")),
    Key = builder.Configuration["ChunkUpload:Key"],
});
var app = builder.Build();
app.UseDefaultFiles();
app.UseStaticFiles();
app.MapPost("/upload-links", async (ChunkUploadClient client, CancellationToken cancellationToken) =>
{
    var made = await client.AddLinkAsync(
        new() { Kind = LinkKind.Upload, Path = "samples/web", Title = "Visitors", Lifetime = TimeSpan.FromHours(1), MaxFiles = 10 },
        cancellationToken);
    return Results.Json(new { url = made.Address });
});
app.Run();
