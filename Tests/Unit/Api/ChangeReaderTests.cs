using ChunkUpload.Api.Projects;

namespace ChunkUpload.Tests.Unit.Api;

/// <summary>The changes that a device sends of a served folder.</summary>
public sealed class ChangeReaderTests
{
    [Fact]
    public void The_folders_of_long_paths_are_not_copied()
    {
        const int changes = 200;
        var path = string.Join('/', Enumerable.Repeat(new string('x', 15), 126));
        var reader = new ChangeReader("/");
        var paths = Enumerable.Range(0, changes).Select(number => $"/{number}/{path}").ToList();
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var one in paths)
            reader.Add(Upsert(one));
        // Validation takes about five times the length of a path. Copies of its folders would take 64 times the length.
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / changes;
        Assert.InRange(each, 1, 20 * sizeof(char) * path.Length);
        Assert.Equal(changes, reader.Told.Count);
    }

    [Fact]
    public void A_path_is_either_a_file_or_a_folder()
    {
        var reader = new ChangeReader("/");
        reader.Add(Upsert("/a/b"));
        reader.Add(Upsert("/a"));
        reader.Add(Upsert("/a/b/c"));
        reader.Add(Upsert("/a/bc"));
        Assert.Equal([("/a", "path_conflict"), ("/a/b/c", "path_conflict")], reader.Rejected.Select(one => (one.Path, one.Code)));
        Assert.Equal(["/a/b", "/a/bc"], reader.Told.Select(file => file.Path));
    }

    private static FileChangeBody Upsert(string path) => new()
    {
        Op = "upsert",
        Path = path,
        Size = 1,
        ModifiedAt = "2026-01-15T09:30:12Z",
    };
}
