/** Never ends by itself; says when it has begun. */
setInterval(() => {}, 10);
console.log("begun");
