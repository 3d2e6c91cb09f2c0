using ChunkUpload.Api.Docs;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Cli;

/// <summary>Writes the documents as a site to a folder, where they can be read without a service.</summary>
internal static class DocsVerb
{
    /// <returns>The text to print.</returns>
    /// <exception cref="StartRefusedException">The folder cannot be written.</exception>
    public static string Run(string folder)
    {
        var site = DocsPages.Site(Path.Combine(AppContext.BaseDirectory, "wwwroot"));
        try
        {
            foreach (var path in site.Paths)
            {
                var target = Path.Combine(folder, path);
                _ = Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.WriteAllBytes(target, site.Find(path)!);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException(
                $"The documents cannot be written: {e.Message.TrimEnd('.')}. Name a folder that you may write to.", e);
        }

        return $"Open {Path.Combine(folder, DocPaths.Index)} with a browser.";
    }
}
